//! From a fleet, a release and the command line to the contexts of a run.

use config::Spanned;
use serde_json::Value;

use crate::fleet::{Fleet, Target};
use crate::release::{Contexts, Release};
use crate::selection::{CONTEXTS, NamePattern, SELECT, Selection};
use crate::{Error, names};

/// The contexts of a run, in the order of the fleet: those of `release` (every one without a release) that the flags
/// leave.
///
/// A name nobody knows, a pattern that matches nothing and an empty result are errors: a run that goes to fewer
/// clusters than was meant must not look like a success. The contexts of a kubeconfig are never all taken: somebody
/// has to name them.
pub fn select(fleet: &Fleet, release: Option<&Release>, flags: &Selection) -> Result<Vec<Target>, Error> {
    if let Some(release) = release {
        check_references(fleet, release)?;
    }
    let mut chosen = match release {
        Some(release) => of_release(fleet, release)?,
        None => vec![true; fleet.contexts.len()],
    };
    let named = release.is_some_and(|release| matches!(release.contexts, Contexts::Listed(_)));
    if fleet.file.is_none() && !named && flags.is_empty() {
        return Err(Error::NoContexts {
            message: "no context is named and there is no fleet file".to_owned(),
            hint: Some("name the contexts: --contexts a,b; or list them in convoy.yaml".to_owned()),
        });
    }
    if !flags.contexts.is_empty() {
        chosen = named_on_command_line(fleet, release, flags, &chosen)?;
    }
    for term in &flags.terms {
        check_key(fleet, &term.key)
            .map_err(|(message, hint)| Error::flag(SELECT, message).with_hint(hint))?;
        for (context, chosen) in fleet.contexts.iter().zip(&mut chosen) {
            *chosen &= term.holds(context);
        }
    }
    let targets: Vec<Target> = picked(fleet, &chosen).cloned().collect();
    match targets.is_empty() {
        true => Err(nothing_left(fleet, release, flags)),
        false => Ok(targets),
    }
}

fn picked<'a>(fleet: &'a Fleet, chosen: &'a [bool]) -> impl Iterator<Item = &'a Target> {
    fleet.contexts.iter().zip(chosen).filter(|(_, chosen)| **chosen).map(|(context, _)| context)
}

/// A context that scaling or the Vault mapping names by mistake would silently get the default instead.
fn check_references(fleet: &Fleet, release: &Release) -> Result<(), Error> {
    if fleet.file.is_none() {
        return Ok(());
    }
    let scaling = release.scaling.iter().map(|scaling| &scaling.context);
    let sources =
        release.secrets.entries().iter().flat_map(|entry| &entry.contexts).map(|source| &source.name);
    let sources = sources.filter(|name| name.value != vault::mapping::DEFAULT_CONTEXT);
    match scaling.chain(sources).find(|name| fleet.find(&name.value).is_none()) {
        Some(name) => Err(unknown_in_release(fleet, release, name).into()),
        None => Ok(()),
    }
}

fn of_release(fleet: &Fleet, release: &Release) -> Result<Vec<bool>, Error> {
    let refuse = |at: &Spanned<String>, message: String| {
        config::Error::new(&release.file, message).at(config::place(at))
    };
    match &release.contexts {
        Contexts::All => Ok(vec![true; fleet.contexts.len()]),
        Contexts::Listed(listed) => {
            let mut chosen = vec![false; fleet.contexts.len()];
            for name in listed {
                let pattern = NamePattern::parse(&name.value).map_err(|message| refuse(name, message))?;
                match pattern.matches(fleet) {
                    found if found.contains(&true) => add(&mut chosen, &found),
                    _ if pattern.glob.is_some() => {
                        return Err(unmatched(fleet, refuse(name, String::new()), name).into());
                    }
                    _ => return Err(unknown_in_release(fleet, release, name).into()),
                }
            }
            Ok(chosen)
        }
        Contexts::Select(terms) => {
            let mut chosen = vec![true; fleet.contexts.len()];
            for (key, value) in terms {
                check_key(fleet, key).map_err(|(message, hint)| refuse(value, message).with_hint(hint))?;
                let glob = names::glob(&value.value).map_err(|message| refuse(value, message))?;
                for (context, chosen) in fleet.contexts.iter().zip(&mut chosen) {
                    *chosen &= context.attribute(key).is_some_and(|attribute| glob.is_match(&attribute));
                }
            }
            match (chosen.contains(&true), terms.first()) {
                (false, Some((_, first))) => {
                    let terms: Vec<String> =
                        terms.iter().map(|(key, value)| format!("{key}={}", value.value)).collect();
                    Err(refuse(first, format!("no context in {} has {}", fleet.source(), terms.join(",")))
                        .into())
                }
                _ => Ok(chosen),
            }
        }
        Contexts::Environment(environment) => {
            let is_env = |context: &Target| {
                context.globals.get("env").and_then(Value::as_str) == Some(environment.value.as_str())
            };
            let chosen: Vec<bool> = fleet.contexts.iter().map(is_env).collect();
            match chosen.contains(&true) {
                true => Ok(chosen),
                false => {
                    let message = format!(
                        "no context in {} has the global env `{}`",
                        fleet.source(),
                        environment.value
                    );
                    Err(refuse(environment, message).into())
                }
            }
        }
    }
}

fn named_on_command_line(
    fleet: &Fleet,
    release: Option<&Release>,
    flags: &Selection,
    of_release: &[bool],
) -> Result<Vec<bool>, Error> {
    let mut chosen = vec![false; fleet.contexts.len()];
    for pattern in &flags.contexts {
        let found = pattern.matches(fleet);
        if !found.contains(&true) {
            let what = if pattern.glob.is_some() { "matches" } else { "is" };
            let message = format!("no context in {} {what} `{}`", fleet.source(), pattern.text);
            let hint = names::suggestion("contexts", &pattern.text, &fleet.names());
            return Err(Error::flag(CONTEXTS, message).with_hint(hint));
        }
        let both: Vec<bool> = found.iter().zip(of_release).map(|(a, b)| *a && *b).collect();
        if !both.contains(&true) {
            let name = release.map_or("", |release| release.name.as_str());
            let known: Vec<&str> = picked(fleet, of_release).map(|context| context.name.as_str()).collect();
            return Err(Error::flag(CONTEXTS, format!("release `{name}` does not go to `{}`", pattern.text))
                .with_hint(format!("it goes to: {}", names::list(&known))));
        }
        add(&mut chosen, &both);
    }
    Ok(chosen)
}

impl NamePattern {
    /// Which contexts it names: the one called exactly so, else all it matches.
    fn matches(&self, fleet: &Fleet) -> Vec<bool> {
        let exact: Vec<bool> = fleet.contexts.iter().map(|context| context.name == self.text).collect();
        match &self.glob {
            Some(glob) if !exact.contains(&true) => {
                fleet.contexts.iter().map(|context| glob.is_match(&context.name)).collect()
            }
            _ => exact,
        }
    }
}

fn add(chosen: &mut [bool], more: &[bool]) {
    for (chosen, more) in chosen.iter_mut().zip(more) {
        *chosen |= more;
    }
}

/// A key that no context has is a mistake, and with `!=` one that would choose every context.
fn check_key(fleet: &Fleet, key: &str) -> Result<(), (String, String)> {
    let mut known: Vec<&str> = fleet.contexts.iter().flat_map(Target::attribute_names).collect();
    known.sort_unstable();
    known.dedup();
    match known.contains(&key) {
        true => Ok(()),
        false => Err((
            format!("no context in {} has a label or global `{key}`", fleet.source()),
            names::suggestion("labels and globals", key, &known),
        )),
    }
}

fn unknown_in_release(fleet: &Fleet, release: &Release, name: &Spanned<String>) -> config::Error {
    config::Error::new(&release.file, format!("no context in {} is `{}`", fleet.source(), name.value))
        .at(config::place(name))
        .with_hint(names::suggestion("contexts", &name.value, &fleet.names()))
}

fn unmatched(fleet: &Fleet, mut error: config::Error, name: &Spanned<String>) -> config::Error {
    error.message = format!("no context in {} matches `{}`", fleet.source(), name.value);
    error.with_hint(names::suggestion("contexts", &name.value, &fleet.names()))
}

/// Every name was right, so that it is the terms of `--select` that leave nothing.
fn nothing_left(fleet: &Fleet, release: Option<&Release>, flags: &Selection) -> Error {
    let of = match (release, flags.contexts.is_empty()) {
        (_, false) => "the contexts of --contexts".to_owned(),
        (Some(release), true) => format!("the contexts of release `{}`", release.name),
        (None, true) => format!("the contexts in {}", fleet.source()),
    };
    Error::NoContexts {
        message: format!("--select {}: holds for none of {of}", flags.terms_text()),
        hint: Some("helm multi contexts lists their labels and globals".to_owned()),
    }
}

#[cfg(test)]
mod tests;
