#!/usr/bin/env bash
# What it costs to build a program that makes one call: with peak-press, and with bare ureq and
# serde_json. In a temporary folder; prints a table of ratios. Give a number to build that often,
# in turn, and to have the medians.
set -euo pipefail
rounds=${1:-1}
crate=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unset CARGO_TARGET_DIR

package() { # name, dependencies; the program comes from the standard input
    mkdir -p "$folder/$1/src"
    printf '[package]\nname = "%s"\nedition = "2024"\n\n[workspace]\n\n[dependencies]\n%s\n' \
        "$1" "$2" >"$folder/$1/Cargo.toml"
    cat >"$folder/$1/src/main.rs"
    # The same versions in both.
    cp "$crate/Cargo.lock" "$folder/$1/"
}

package ours "peak-press = { path = \"$crate\" }" <<'RUST'
use peak_press::{blocks::Client, types::ListSpecs};

fn main() -> peak_press::Result<()> {
    for spec in Client::from_env()?.list_specs_page(&ListSpecs::new(), 1)? {
        println!("{}", spec.id);
    }
    Ok(())
}
RUST

package bare 'ureq = { version = "3.5", default-features = false, features = ["rustls", "gzip", "json"] }
serde = { version = "1", features = ["derive"] }
serde_json = "1"' <<'RUST'
#[derive(serde::Deserialize)]
struct Page {
    specs: Vec<Spec>,
}

#[derive(serde::Deserialize)]
struct Spec {
    id: String,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let token = std::env::var("PEAK_AUTH_TOKEN")?;
    let request = ureq::get("https://press.peak.ai/v1/blocks/specs/");
    let mut answer = request.header("Authorization", &token).call()?;
    for spec in answer.body_mut().read_json::<Page>()?.specs {
        println!("{}", spec.id);
    }
    Ok(())
}
RUST

in_package() { (cd "$folder/$1" && shift && "$@"); }

# Prints the seconds that a clean build takes, by the clock and of the processors.
build() {
    in_package "$1" cargo clean --quiet
    TIMEFORMAT='%R %U %S'
    { time in_package "$1" cargo build --quiet 2>/dev/null; } 2>&1 | awk '{ print $1, $2 + $3 }'
}

# The median of a column of a file.
median() { cut -d' ' -f"$2" "$folder/$1.times" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

row() { # what, aim, ours, bare
    awk -v ours="$3" -v bare="$4" -v what="$1" -v aim="$2" \
        'BEGIN { printf "| %s | %.2f × (%s to %s) | %s |\n", what, ours / bare, ours, bare, aim }'
}

for name in ours bare; do in_package "$name" cargo fetch --quiet; done
for ((round = 0; round < rounds; round++)); do
    for name in ours bare; do build "$name" >>"$folder/$name.times"; done
done
generated=$(find "$folder/ours/target/debug/build" -path '*/out/types.rs' -exec wc -l {} + | awk '{ print $1 }')
for name in ours bare; do in_package "$name" cargo build --quiet --release; done

crates() { in_package "$1" cargo tree -e no-dev --prefix none --no-dedupe | awk '{ print $1, $2 }' | sort -u | wc -l; }
size() { stat -c %s "$folder/$1/target/release/$1"; }

echo "| what | with peak-press, of bare | aim |"
echo "|---|---|---|"
row "clean debug build, by the clock" "1.8 ×" "$(median ours 1)" "$(median bare 1)"
row "clean debug build, CPU time" "1.8 ×" "$(median ours 2)" "$(median bare 2)"
row "crates" "–" "$(crates ours)" "$(crates bare)"
row "release binary, bytes" "1.5 ×" "$(size ours)" "$(size bare)"
echo "| generated code | $generated lines | 8,000 lines |"
