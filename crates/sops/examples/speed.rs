//! Time and memory of the engine without process start and key services:
//! `cargo run --release -p sops --example speed -- [KEYS...]`, for each number of keys in YAML and JSON, with one and
//! with six values a key, and in dotenv and ini.

#![allow(clippy::print_stdout, clippy::expect_used, reason = "a tool for developers")]

use std::fmt::Write;
use std::time::SystemTime;

use sops::{DataKey, Document, KeyGroup, MasterKey, Selector, Settings, Store, WrappedKey};

fn text(store: Store, keys: usize, values: usize) -> String {
    let mut out = String::from(if store == Store::Json { "{\n" } else { "" });
    for key in 0..keys {
        let comma = if key + 1 < keys { "," } else { "" };
        match (store, values) {
            (Store::Json, 1) => writeln!(out, "  \"key_{key:05}\": \"value-{key}\"{comma}"),
            (Store::Json, _) => {
                let list: Vec<String> = (0..values).map(|n| format!("\"value-{key}-{n}\"")).collect();
                writeln!(out, "  \"key_{key:05}\": [{}]{comma}", list.join(", "))
            }
            (Store::Dotenv | Store::Ini, _) => writeln!(out, "key_{key:05}=value-{key}"),
            (_, 1) => writeln!(out, "key_{key:05}: value-{key}"),
            _ => {
                let list = (0..values).map(|n| format!("  name_{n}: value-{key}-{n}\n"));
                write!(out, "key_{key:05}:\n{}", list.collect::<String>())
            }
        }
        .expect("a String takes everything");
    }
    out.push_str(if store == Store::Json { "}\n" } else { "" });
    out
}

#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// The most memory this process has had, in MiB; 0 where the system does not tell.
fn peak() -> f64 {
    let status =
        std::fs::File::open("/proc/self/status").and_then(std::io::read_to_string).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or_default() / 1024.0
}

/// Processor time of this process, in milliseconds: other programs at work do not count.
fn processor() -> f64 {
    let times =
        std::fs::File::open("/proc/self/schedstat").and_then(std::io::read_to_string).unwrap_or_default();
    times.split(' ').next().and_then(|word| word.parse::<f64>().ok()).unwrap_or_default() / 1e6
}

fn timed<T>(work: impl Fn() -> T) -> (T, f64) {
    let start = processor();
    let result = work();
    (result, processor() - start)
}

fn main() {
    let keys: Vec<usize> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let keys = if keys.is_empty() { vec![10, 1000, 20_000] } else { keys };
    let recipient = MasterKey::Age { recipient: "age1test".into() };
    let settings = Settings {
        groups: vec![KeyGroup::of(vec![WrappedKey::new(recipient, "x".into(), None)])],
        shamir_threshold: None,
        selector: Selector::EncryptedRegex("^(key|name)_[0-9]+$".into()),
        mac_only_encrypted: false,
        now: SystemTime::now(),
        indent: None,
        unknown: Vec::new(),
    };
    let key = DataKey::generate();
    println!("store  keys values  plain kB  file kB  encrypt ms  decrypt ms  update ms  peak MiB");
    for keys in keys {
        let forms = [(Store::Yaml, 1), (Store::Json, 1), (Store::Yaml, 6), (Store::Json, 6)];
        for (store, values) in forms.into_iter().chain([(Store::Dotenv, 1), (Store::Ini, 1)]) {
            let plain = text(store, keys, values);
            let (file, encrypt) =
                timed(|| sops::encrypt(plain.as_bytes(), store, &key, &settings).expect("encrypts"));
            let open = || Document::parse(&file, store).expect("reads").decrypt(&key).expect("decrypts");
            let (_, decrypt) = timed(open);
            let edited = plain.replacen("value-", "other-", 1);
            let update = || {
                let document = Document::parse(&file, store).expect("reads");
                document.update(edited.as_bytes(), &key, SystemTime::now()).expect("updates")
            };
            let (_, update) = timed(update);
            println!(
                "{:<6} {keys:>5} {values:>3} {:>9} {:>8} {encrypt:>10.2} {decrypt:>11.2} {update:>10.2} {:>9.1}",
                store.name(),
                plain.len() / 1000,
                file.len() / 1000,
                peak(),
            );
        }
    }
}
