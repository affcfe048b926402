//! Trees as new texts. Only for conversion: a user's own file is never written anew.

mod json;
mod lines;
mod yaml;

pub(crate) use json::{json, json_value};
pub(crate) use lines::{dotenv, ini};
pub(crate) use yaml::yaml;
