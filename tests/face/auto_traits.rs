//! Whether each public type can be shared between threads, and used after a caught panic.

use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};

use peak_press::emulator::*;
use peak_press::template::*;
use peak_press::types::*;
use peak_press::*;

use crate::listing::Listing;

/// `Is::<T>::SEND` is true if `T` is `Send`: an inherent constant is preferred to that of [`No`].
struct Is<T>(PhantomData<T>);

// Each is used only for types without the trait.
#[allow(dead_code)]
trait No {
    const SEND: bool = false;
    const SYNC: bool = false;
    const UNPIN: bool = false;
    const UNWIND_SAFE: bool = false;
    const REF_UNWIND_SAFE: bool = false;
}

impl<T> No for Is<T> {}

impl<T: Send> Is<T> {
    const SEND: bool = true;
}

impl<T: Sync> Is<T> {
    const SYNC: bool = true;
}

impl<T: Unpin> Is<T> {
    const UNPIN: bool = true;
}

impl<T: UnwindSafe> Is<T> {
    const UNWIND_SAFE: bool = true;
}

impl<T: RefUnwindSafe> Is<T> {
    const REF_UNWIND_SAFE: bool = true;
}

struct Row {
    name: &'static str,
    /// `Send`, `Sync` and `Unpin`.
    shared: bool,
    /// `UnwindSafe` and `RefUnwindSafe`.
    unwind_safe: bool,
}

macro_rules! rows {
    ($($type:ty),* $(,)?) => { [$(Row {
        name: stringify!($type),
        shared: Is::<$type>::SEND && Is::<$type>::SYNC && Is::<$type>::UNPIN,
        unwind_safe: Is::<$type>::UNWIND_SAFE && Is::<$type>::REF_UNWIND_SAFE,
    }),*] };
}

/// The types in the schemas, generated or hand-written.
macro_rules! types {
    ($($name:ident)*) => { rows![$($name),*] };
}

/// Types that contain an error of any type, a callback, the values of a template, or threads. None of
/// these is known to be safe after a panic.
const NOT_UNWIND_SAFE: &[&str] = &[
    "Artifact",
    "ArtifactError",
    "CreateSpec",
    "CreateSpecRelease",
    "DecodeError",
    "Emulator",
    "Error",
    "Form",
    "SessionBuilder",
    "TransportError",
    "Vars",
    "Wait",
];

fn table() -> Vec<Row> {
    let by_hand = rows![
        ApiError,
        Artifact,
        ArtifactEntry,
        ArtifactError,
        ArtifactFile,
        ArtifactFormat,
        Attempt,
        DecodeError,
        DocumentError,
        Emulator,
        EmulatorBuilder,
        Error,
        Fault,
        Form,
        GetParameters,
        GetRelatedBlockDetails,
        Items<Spec>,
        Method,
        OrParam<bool>,
        OtherValue,
        Page<Spec>,
        Pages<Spec>,
        ParametersIntoIter,
        ParametersIter<'static>,
        Part,
        Problem,
        Progress,
        Received,
        Request,
        Response,
        RetryPolicy,
        Session,
        SessionBuilder,
        Stage,
        Timeouts,
        TlsProvider,
        TlsRoots,
        TransportError,
        Vars,
        WaitError,
        apps::Client,
        blocks::Client,
        blocks::DeployChange,
        blocks::Deployed,
        blocks::PublishChange,
        blocks::PublishOptions,
        blocks::Published,
        blocks::Wait,
        deployments::Client,
        specs::Client,
    ];
    let generated = include!(concat!(env!("OUT_DIR"), "/names.rs"));
    by_hand.into_iter().chain(generated).collect()
}

/// `Items` of `Items < Spec >`, `Client` of `apps :: Client`.
fn short(name: &str) -> &str {
    let path = name.split('<').next().unwrap();
    path.rsplit(':').next().unwrap().trim()
}

#[test]
fn every_public_type_is_shared_by_threads_and_most_survive_a_panic() {
    let mut not_unwind_safe = Vec::new();
    for row in table() {
        assert!(row.shared, "{} is not Send, Sync and Unpin", row.name);
        if !row.unwind_safe {
            not_unwind_safe.push(short(row.name));
        }
    }
    not_unwind_safe.sort();
    assert_eq!(not_unwind_safe, NOT_UNWIND_SAFE);
}

#[test]
fn the_table_of_auto_traits_has_every_public_type() {
    let table = table();
    let table: BTreeSet<_> = table.iter().map(|row| short(row.name)).collect();
    let listing = Listing::read();
    let missing: Vec<_> = listing
        .types
        .iter()
        .filter(|name| !table.contains(name.as_str()))
        .collect();
    assert!(missing.is_empty(), "add to `table()`: {missing:?}");
}
