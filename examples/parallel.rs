//! Lists all specs with several requests at once.
//!
//! ```console
//! $ cargo run --example parallel
//! $ cargo run --example parallel -- --live
//! ```
//!
//! `list_specs` requests one page after another. If that is too slow, several threads can share the
//! client and each request the next page.

mod common;

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use peak_press::Result;
use peak_press::blocks::Client;
use peak_press::types::{ListSpecs, Spec};

/// The number of simultaneous requests. More than a few risk a 429 response.
const REQUESTS: usize = 4;

fn main() -> ExitCode {
    common::exit(run())
}

fn run() -> Result<()> {
    let (press, _) = common::press()?;
    if let Some(emulator) = &press.emulator {
        emulator.seed_specs(230);
    }
    let specs = list_all(&press.client, &ListSpecs::new().page_size(25))?;
    println!("{} specs", specs.len());
    Ok(())
}

/// Lists all specs in page order, or returns the first error.
fn list_all(client: &Client, query: &ListSpecs) -> Result<Vec<Spec>> {
    let first = client.list_specs_page(query, 1)?;
    let next = AtomicU64::new(2);
    let fetch = || -> Result<Vec<_>> {
        let mut pages = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number > first.page_count {
                return Ok(pages);
            }
            match client.list_specs_page(query, number) {
                Ok(page) => pages.push((number, page.items)),
                Err(error) => {
                    // The other threads finish their current page.
                    next.store(first.page_count + 1, Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
    };

    let results: Vec<Result<_>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..REQUESTS).map(|_| scope.spawn(fetch)).collect();
        let results = threads.into_iter().map(|thread| thread.join());
        results
            .map(|result| result.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });

    let mut pages = Vec::new();
    for result in results {
        pages.extend(result?);
    }
    pages.sort_by_key(|(number, _)| *number);
    let rest = pages.into_iter().flat_map(|(_, items)| items);
    Ok(first.items.into_iter().chain(rest).collect())
}
