//! `--input-type` and `--output-type`.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use sops::Store;

/// Reads the word for a store; any other word is refused with the list of them.
pub fn word() -> impl TypedValueParser<Value = Store> {
    PossibleValuesParser::new(Store::ALL.map(Store::name))
        .try_map(|word| Store::from_name(&word).ok_or("no such store"))
}
