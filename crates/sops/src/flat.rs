//! Files of lines: dotenv and ini. Ciphertext is spliced into the lines, everything else stays as it is.

mod block;
mod decrypt;
mod document;
mod dotenv;
mod flatten;
mod ini;
mod ini_value;
mod layout;
mod scan;
mod seal;
mod unit;
mod update;
mod value_text;

#[cfg(test)]
mod tests;

pub(crate) use document::Document;
pub(crate) use scan::{Format, Scan};
pub(crate) use seal::encrypt;
pub(crate) use unit::{Comment, Owner, Site, Token, Unit};
pub(crate) use value_text::float as general_float;
