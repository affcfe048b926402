//! The table of targets.

pub mod hostile;
pub mod plain;
pub mod rules;
pub mod store;
pub mod support;
pub mod tree;

use sops::Store;
use yamldoc::Syntax;

use crate::seeds;

/// One of them.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// What it is called on the command line.
    pub name: &'static str,
    /// Panics when a promise is broken.
    pub run: fn(&[u8]),
    seeds: fn() -> Vec<Vec<u8>>,
}

impl Target {
    /// Inputs to begin with; never none.
    #[must_use]
    pub fn seeds(&self) -> Vec<Vec<u8>> {
        let mut seeds = seeds::own(self.name);
        seeds.extend((self.seeds)());
        seeds.push(Vec::new());
        seeds
    }
}

/// All of them.
pub const TARGETS: &[Target] = &[
    target("yaml_parse", |bytes| tree::parse(bytes, Syntax::Yaml), || seeds::plain(Store::Yaml)),
    target("yaml_splice", |bytes| tree::splice(bytes, Syntax::Yaml), || seeds::plain(Store::Yaml)),
    target("json_parse", |bytes| tree::parse(bytes, Syntax::Json), || seeds::plain(Store::Json)),
    target("json_splice", |bytes| tree::splice(bytes, Syntax::Json), || seeds::plain(Store::Json)),
    target("store_yaml", |bytes| store::round_trip(bytes, Store::Yaml), || seeds::plain(Store::Yaml)),
    target("store_json", |bytes| store::round_trip(bytes, Store::Json), || seeds::plain(Store::Json)),
    target("store_dotenv", |bytes| store::round_trip(bytes, Store::Dotenv), || seeds::plain(Store::Dotenv)),
    target("store_ini", |bytes| store::round_trip(bytes, Store::Ini), || seeds::plain(Store::Ini)),
    target("store_binary", |bytes| store::round_trip(bytes, Store::Binary), || seeds::plain(Store::Binary)),
    target("hostile_yaml", |bytes| hostile::text(bytes, Store::Yaml), || seeds::encrypted(Store::Yaml)),
    target("hostile_json", |bytes| hostile::text(bytes, Store::Json), || seeds::encrypted(Store::Json)),
    target("hostile_dotenv", |bytes| hostile::text(bytes, Store::Dotenv), || seeds::encrypted(Store::Dotenv)),
    target("hostile_ini", |bytes| hostile::text(bytes, Store::Ini), || seeds::encrypted(Store::Ini)),
    target("hostile_binary", |bytes| hostile::text(bytes, Store::Binary), || seeds::encrypted(Store::Binary)),
    target("change_yaml", |bytes| plain::change(bytes, Store::Yaml), || seeds::plain(Store::Yaml)),
    target("change_json", |bytes| plain::change(bytes, Store::Json), || seeds::plain(Store::Json)),
    target("change_dotenv", |bytes| plain::change(bytes, Store::Dotenv), || seeds::plain(Store::Dotenv)),
    target("change_ini", |bytes| plain::change(bytes, Store::Ini), || seeds::plain(Store::Ini)),
    target("convert_yaml", |bytes| plain::converted(bytes, Store::Yaml), || seeds::plain(Store::Yaml)),
    target("convert_json", |bytes| plain::converted(bytes, Store::Json), || seeds::plain(Store::Json)),
    target("convert_dotenv", |bytes| plain::converted(bytes, Store::Dotenv), || seeds::plain(Store::Dotenv)),
    target("convert_ini", |bytes| plain::converted(bytes, Store::Ini), || seeds::plain(Store::Ini)),
    target("path", plain::path, seeds::paths),
    target("codec", hostile::token, hostile::tokens),
    target("metadata", hostile::metadata, seeds::metadata),
    target("rules", rules::rules, seeds::rules),
];

const fn target(name: &'static str, run: fn(&[u8]), seeds: fn() -> Vec<Vec<u8>>) -> Target {
    Target { name, run, seeds }
}
