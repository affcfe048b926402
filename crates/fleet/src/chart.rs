//! Where the chart of a release comes from.

use std::path::{Path, PathBuf};

use config::{Place, Spanned};
use serde::Deserialize;

use crate::template::beside;

/// The chart of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chart {
    /// A directory or `.tgz`; relative to the directory `Release::file` is relative to.
    Path(PathBuf),
    /// `oci://HOST/PATH/NAME`; without a version the newest.
    Oci { url: String, version: Option<String> },
    /// A chart of a classic repository; without a version the newest.
    Repo { url: String, name: String, version: Option<String> },
    /// A name alone, as the older release forms have it; see [`Chart::directories`].
    Named(String),
}

impl Chart {
    /// Where a chart called `name` is looked for, best first: beside the release file, in `charts` there, and in
    /// `charts` beside and above the fleet file.
    pub fn directories(name: &str, release_file: &Path, fleet_file: Option<&Path>) -> Vec<PathBuf> {
        let above = |file: &Path| file.parent().unwrap_or(Path::new("")).to_owned();
        let release = above(release_file);
        let mut found =
            vec![release.join(name), release.join("charts").join(name), release.join("../charts").join(name)];
        if let Some(fleet) = fleet_file {
            found.push(above(fleet).join("charts").join(name));
        }
        found
    }
}

/// `spec.chart` as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChartFields {
    path: Option<Spanned<String>>,
    oci: Option<Spanned<String>>,
    repo: Option<Spanned<String>>,
    name: Option<Spanned<String>>,
    version: Option<Spanned<String>>,
}

const FORMS: &str =
    "write {path: DIR}, {oci: oci://..., version: ...} or {repo: https://..., name: ..., version: ...}";

impl ChartFields {
    pub(crate) fn check(self, file: &str, place: Option<Place>) -> Result<Chart, config::Error> {
        let refuse = |at: Option<Place>, message: String| {
            Err(config::Error::new(file, message).at(at).with_hint(FORMS))
        };
        for field in [&self.path, &self.oci, &self.repo, &self.name, &self.version].into_iter().flatten() {
            if field.value.trim().is_empty() {
                return refuse(config::place(field), "a field of the chart is empty".to_owned());
            }
        }
        let not_with = |field: &Option<Spanned<String>>, name: &str, with: &str| match field {
            Some(field) => {
                refuse(config::place(field), format!("`{name}` has no meaning with `{with}`")).map(drop)
            }
            None => Ok(()),
        };
        let version = self.version.as_ref().map(|version| version.value.clone());
        match (self.path, self.oci, self.repo) {
            (Some(path), None, None) => {
                not_with(&self.name, "name", "path")?;
                not_with(&self.version, "version", "path")?;
                if path.value.contains("://") {
                    return refuse(config::place(&path), format!("chart path `{}` is a URL", path.value));
                }
                Ok(Chart::Path(beside(file, &path.value)))
            }
            (None, Some(oci), None) => {
                not_with(&self.name, "name", "oci")?;
                if !oci.value.starts_with("oci://") {
                    return refuse(
                        config::place(&oci),
                        format!("`{}` does not begin with oci://", oci.value),
                    );
                }
                Ok(Chart::Oci { url: oci.value, version })
            }
            (None, None, Some(repo)) => {
                if !repo.value.contains("://") || repo.value.starts_with("oci://") {
                    return refuse(
                        config::place(&repo),
                        format!("`{}` is no address of a chart repository", repo.value),
                    );
                }
                match self.name {
                    Some(name) => Ok(Chart::Repo { url: repo.value, name: name.value, version }),
                    None => refuse(config::place(&repo), "`repo` needs the `name` of the chart".to_owned()),
                }
            }
            (None, None, None) => {
                refuse(place, "the chart has neither `path` nor `oci` nor `repo`".to_owned())
            }
            _ => refuse(place, "the chart has more than one of `path`, `oci` and `repo`".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(text: &str) -> Result<Chart, String> {
        let fields =
            config::parse::<Spanned<ChartFields>>(text, "releases/a.yaml").map_err(|e| e.to_string())?;
        let place = config::place(&fields);
        fields.value.check("releases/a.yaml", place).map_err(|error| error.to_string())
    }

    #[test]
    fn the_three_forms() {
        assert_eq!(chart("path: ../charts/app1"), Ok(Chart::Path("releases/../charts/app1".into())));
        assert_eq!(
            chart("{oci: 'oci://r/app1', version: 1.10}"),
            Ok(Chart::Oci { url: "oci://r/app1".to_owned(), version: Some("1.10".to_owned()) })
        );
        assert_eq!(
            chart("{repo: 'https://r', name: app1}"),
            Ok(Chart::Repo { url: "https://r".to_owned(), name: "app1".to_owned(), version: None })
        );
    }

    #[test]
    fn what_does_not_go_together() {
        let error = |text: &str| chart(text).unwrap_err();
        assert_eq!(error("{}"), "releases/a.yaml:1:1: the chart has neither `path` nor `oci` nor `repo`");
        assert_eq!(
            error("path: a\noci: oci://b"),
            "releases/a.yaml:1:1: the chart has more than one of `path`, `oci` and `repo`"
        );
        assert_eq!(
            error("path: a\nversion: 1.0.0"),
            "releases/a.yaml:2:10: `version` has no meaning with `path`"
        );
        assert_eq!(error("oci: r/app1"), "releases/a.yaml:1:6: `r/app1` does not begin with oci://");
        assert_eq!(error("repo: https://r"), "releases/a.yaml:1:7: `repo` needs the `name` of the chart");
        assert_eq!(error("path: ''"), "releases/a.yaml:1:7: a field of the chart is empty");
        assert_eq!(error("pth: a"), "releases/a.yaml:1:1: unknown field `pth`");
    }

    #[test]
    fn a_name_is_looked_for_near_the_files() {
        let found =
            Chart::directories("player", Path::new("releases/p.yaml"), Some(Path::new("convoy.yaml")));
        let found: Vec<_> = found.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        assert_eq!(
            found,
            ["releases/player", "releases/charts/player", "releases/../charts/player", "charts/player"]
        );
    }
}
