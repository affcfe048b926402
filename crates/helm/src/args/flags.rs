//! Which flags of which helm command take a value: the union of Helm 3.15 to 4.3 and of the diff plugin.
//!
//! `tests/data/helm/flags.tsv` holds what the `--help` of the real binaries says; a test compares.

/// How a flag meets its value, in pflag's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// `--flag VALUE` and `--flag=VALUE`: without `=` the next argument is the value, whatever it looks like.
    Value,
    /// `--flag` and `--flag=VALUE`: never takes the next argument (booleans, and pflag's `NoOptDefVal`).
    Nothing,
}

/// One flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag {
    /// Name without the dashes.
    pub long: &'static str,
    /// One letter, where there is one.
    pub short: Option<char>,
    /// Whether it takes a value.
    pub takes: Takes,
}

impl Flag {
    /// A flag that takes a value.
    pub const fn value(long: &'static str, short: Option<char>) -> Self {
        Self { long, short, takes: Takes::Value }
    }

    /// A flag that takes none.
    pub const fn switch(long: &'static str, short: Option<char>) -> Self {
        Self { long, short, takes: Takes::Nothing }
    }
}

/// The flags one command line is read with.
#[derive(Debug, Clone)]
pub struct Syntax {
    flags: Vec<Flag>,
}

impl Syntax {
    /// The flags of `helm COMMAND`, the global ones included. `command` may be two words (`repo add`).
    ///
    /// A command that is no part of Helm (a plugin's) is read as one that takes values the way `upgrade` does.
    pub fn of(command: &str) -> Self {
        let first = command.split(' ').next().unwrap_or_default();
        let known = COMMANDS.contains(&first);
        let command = match first {
            "diff" => "diff",
            _ if known => command,
            _ => "upgrade",
        };
        let own = |row: &&Row| row.commands.iter().any(|of| *of == command || *of == first || *of == ANY);
        Self { flags: TABLE.iter().filter(own).map(|row| row.flag).collect() }
    }

    /// The flags helm accepts before the command.
    pub fn global() -> Self {
        Self { flags: TABLE.iter().filter(|row| row.commands == [ANY]).map(|row| row.flag).collect() }
    }

    /// The same, and `extra` (a plugin's own flags), which win over helm's of the same name.
    #[must_use]
    pub fn with(mut self, extra: &[Flag]) -> Self {
        self.flags.splice(0..0, extra.iter().copied());
        self
    }

    /// The names of all of them.
    #[cfg(test)]
    pub(super) fn longs(&self) -> impl Iterator<Item = &'static str> {
        self.flags.iter().map(|flag| flag.long)
    }

    /// The flag of this long name.
    pub fn long(&self, name: &str) -> Option<Flag> {
        self.flags.iter().find(|flag| flag.long == name).copied()
    }

    /// The flag of this letter.
    pub fn short(&self, letter: char) -> Option<Flag> {
        self.flags.iter().find(|flag| flag.short == Some(letter)).copied()
    }
}

/// Whether `helm COMMAND` has subcommands, so that its second word belongs to the command.
pub(super) fn has_subcommands(command: &str) -> bool {
    matches!(
        command,
        "completion" | "dependency" | "diff" | "get" | "plugin" | "registry" | "repo" | "search" | "show"
    )
}

/// Helm's own spelling of a command: `fetch` is `pull`.
pub(super) fn canonical(command: &str) -> &str {
    match command {
        "dep" | "dependencies" => "dependency",
        "fetch" => "pull",
        "hist" => "history",
        "inspect" => "show",
        "ls" => "list",
        "del" | "delete" | "un" => "uninstall",
        other => other,
    }
}

const ANY: &str = "*";

const COMMANDS: [&str; 27] = [
    "completion",
    "create",
    "dependency",
    "diff",
    "env",
    "get",
    "help",
    "history",
    "install",
    "lint",
    "list",
    "package",
    "plugin",
    "pull",
    "push",
    "registry",
    "repo",
    "rollback",
    "search",
    "show",
    "status",
    "template",
    "test",
    "uninstall",
    "upgrade",
    "verify",
    "version",
];

struct Row {
    flag: Flag,
    commands: &'static [&'static str],
}

const fn value(long: &'static str, short: Option<char>, commands: &'static [&'static str]) -> Row {
    Row { flag: Flag::value(long, short), commands }
}

const fn switch(long: &'static str, short: Option<char>, commands: &'static [&'static str]) -> Row {
    Row { flag: Flag::switch(long, short), commands }
}

// Where a chart may come from, and who reads values.
const CHART: &[&str] = &[
    "install",
    "upgrade",
    "template",
    "diff",
    "pull",
    "show",
    "package",
    "dependency",
    "push",
    "plugin",
    "repo",
    "registry",
];
const RENDER: &[&str] = &["install", "upgrade", "template", "diff"];
const VALUES: &[&str] = &["install", "upgrade", "template", "lint", "diff"];
const WRITE: &[&str] = &["install", "upgrade", "template", "rollback", "uninstall", "diff"];
const APPLY: &[&str] = &["install", "upgrade", "template", "rollback", "diff"];
const UPGRADE: &[&str] = &["upgrade", "diff"];

#[rustfmt::skip]
const TABLE: &[Row] = &[
    // The diff plugin (github.com/databus23/helm-diff), first: its --color takes nothing.
    switch("allow-unreleased", None, &["diff"]),
    switch("color", None, &["diff"]),
    value("context", Some('C'), &["diff"]),
    switch("detailed-exitcode", None, &["diff"]),
    switch("disable-validation", None, &["diff"]),
    value("find-renames", Some('D'), &["diff"]),
    switch("include-tests", None, &["diff"]),
    switch("no-color", None, &["diff"]),
    switch("normalize-manifests", None, &["diff"]),
    value("release", None, &["diff"]),
    switch("show-secrets", None, &["diff"]),
    switch("show-secrets-decoded", None, &["diff"]),
    switch("strip-trailing-cr", None, &["diff"]),
    value("suppress", None, &["diff"]),
    value("suppress-output-line-regex", None, &["diff"]),
    switch("suppress-secrets", Some('q'), &["diff"]),
    switch("three-way-merge", None, &["diff"]),
    // Global.
    value("burst-limit", None, &[ANY]),
    value("color", None, &[ANY]),
    value("colour", None, &[ANY]),
    value("content-cache", None, &[ANY]),
    switch("debug", None, &[ANY]),
    switch("help", Some('h'), &[ANY]),
    value("kube-apiserver", None, &[ANY]),
    value("kube-as-group", None, &[ANY]),
    value("kube-as-user", None, &[ANY]),
    value("kube-ca-file", None, &[ANY]),
    value("kube-context", None, &[ANY]),
    switch("kube-insecure-skip-tls-verify", None, &[ANY]),
    value("kube-tls-server-name", None, &[ANY]),
    value("kube-token", None, &[ANY]),
    value("kubeconfig", None, &[ANY]),
    value("namespace", Some('n'), &[ANY]),
    value("qps", None, &[ANY]),
    value("registry-config", None, &[ANY]),
    value("repository-cache", None, &[ANY]),
    value("repository-config", None, &[ANY]),
    // Values.
    value("values", Some('f'), VALUES),
    value("set", None, VALUES),
    value("set-file", None, VALUES),
    value("set-json", None, VALUES),
    value("set-literal", None, VALUES),
    value("set-string", None, VALUES),
    switch("reset-then-reuse-values", None, UPGRADE),
    switch("reset-values", None, UPGRADE),
    switch("reuse-values", None, UPGRADE),
    switch("skip-schema-validation", None, VALUES),
    // Charts.
    value("ca-file", None, CHART),
    value("cert-file", None, CHART),
    switch("dependency-update", None, &["install", "upgrade", "template"]),
    switch("dependency-update", Some('u'), &["package"]),
    switch("devel", None, &["install", "upgrade", "template", "diff", "pull", "show", "search repo"]),
    switch("insecure-skip-tls-verify", None, CHART),
    value("key-file", None, CHART),
    value("keyring", None, &["install", "upgrade", "template", "pull", "show", "package", "dependency", "plugin", "verify"]),
    switch("pass-credentials", None, CHART),
    value("password", None, &["install", "upgrade", "template", "pull", "show", "package", "dependency", "push", "plugin", "repo"]),
    switch("plain-http", None, CHART),
    value("repo", None, &["install", "upgrade", "template", "diff", "pull", "show"]),
    value("username", None, &["install", "upgrade", "template", "pull", "show", "package", "dependency", "push", "plugin", "repo"]),
    switch("verify", None, &["install", "upgrade", "template", "pull", "show", "dependency", "plugin"]),
    value("version", None, &["install", "upgrade", "template", "diff", "pull", "show", "package", "plugin", "search repo"]),
    // Rendering.
    value("api-versions", Some('a'), &["template", "diff"]),
    switch("enable-dns", None, RENDER),
    switch("include-crds", None, &["template", "diff"]),
    switch("is-upgrade", None, &["template"]),
    value("kube-version", None, &["template", "lint", "diff"]),
    value("name-template", None, &["install", "template"]),
    switch("no-hooks", None, WRITE),
    value("output-dir", None, &["template"]),
    value("post-renderer", None, RENDER),
    value("post-renderer-args", None, RENDER),
    switch("release-name", None, &["template"]),
    switch("render-subchart-notes", None, &["install", "upgrade", "template"]),
    value("show-only", Some('s'), &["template"]),
    switch("skip-crds", None, &["install", "upgrade", "template"]),
    switch("skip-tests", None, &["template"]),
    switch("validate", None, &["template"]),
    switch("quiet", None, &["lint"]),
    switch("strict", None, &["lint"]),
    switch("with-subcharts", None, &["lint"]),
    // Writing to a cluster.
    switch("atomic", None, &["install", "upgrade", "template"]),
    value("cascade", None, &["uninstall"]),
    switch("cleanup-on-fail", None, &["upgrade", "rollback"]),
    switch("create-namespace", None, &["install", "upgrade", "template"]),
    value("description", None, WRITE),
    switch("disable-openapi-validation", None, RENDER),
    switch("dry-run", None, WRITE),
    switch("force", None, APPLY),
    switch("force-conflicts", None, APPLY),
    switch("force-replace", None, APPLY),
    switch("generate-name", Some('g'), &["install", "template"]),
    switch("hide-notes", None, &["install", "upgrade", "template", "test"]),
    switch("hide-secret", None, &["install", "upgrade"]),
    value("history-max", None, &["upgrade", "rollback"]),
    switch("ignore-not-found", None, &["uninstall"]),
    switch("install", None, &["diff"]),
    switch("install", Some('i'), &["upgrade"]),
    switch("keep-history", None, &["uninstall"]),
    value("labels", Some('l'), &["install", "upgrade", "template"]),
    switch("recreate-pods", None, &["rollback"]),
    switch("replace", None, &["install", "template"]),
    switch("rollback-on-failure", None, &["install", "upgrade", "template"]),
    value("server-side", None, &["upgrade", "rollback", "diff"]),
    switch("server-side", None, &["install", "template"]),
    switch("take-ownership", None, RENDER),
    value("timeout", None, &["install", "upgrade", "template", "rollback", "uninstall", "test", "repo"]),
    switch("wait", None, WRITE),
    switch("wait-for-jobs", None, APPLY),
    // Looking.
    value("output", Some('o'), &["install", "upgrade", "get", "history", "list", "search", "status", "repo"]),
    value("output", None, &["diff"]),
    value("revision", None, &["get", "status"]),
    switch("show-desc", None, &["status"]),
    switch("show-resources", None, &["status"]),
    switch("show-rollback-revision", None, &["history"]),
    value("max", None, &["history"]),
    switch("all", Some('a'), &["get values", "list"]),
    switch("all-namespaces", Some('A'), &["list"]),
    switch("date", Some('d'), &["list"]),
    switch("deployed", None, &["list"]),
    switch("failed", None, &["list"]),
    value("filter", Some('f'), &["list"]),
    value("filter", None, &["test"]),
    value("max", Some('m'), &["list"]),
    switch("no-headers", None, &["list", "repo list"]),
    value("offset", None, &["list"]),
    switch("pending", None, &["list"]),
    switch("reverse", Some('r'), &["list"]),
    value("selector", Some('l'), &["list"]),
    switch("short", Some('q'), &["list"]),
    switch("short", None, &["version"]),
    switch("superseded", None, &["list"]),
    value("time-format", None, &["list"]),
    switch("uninstalled", None, &["list"]),
    switch("uninstalling", None, &["list"]),
    value("template", None, &["get all", "version"]),
    switch("logs", None, &["test"]),
    // Charts and repositories at rest.
    value("app-version", None, &["package"]),
    value("destination", Some('d'), &["package", "pull", "plugin package"]),
    value("jsonpath", None, &["show"]),
    value("key", None, &["package", "plugin package"]),
    value("passphrase-file", None, &["package", "plugin package"]),
    switch("prov", None, &["pull"]),
    switch("sign", None, &["package", "plugin package"]),
    switch("skip-refresh", None, &["dependency"]),
    value("starter", Some('p'), &["create"]),
    switch("untar", None, &["pull"]),
    value("untardir", None, &["pull"]),
    switch("allow-deprecated-repos", None, &["repo"]),
    switch("force-update", None, &["repo"]),
    switch("no-update", None, &["repo"]),
    switch("fail-on-repo-update-fail", None, &["repo"]),
    switch("password-stdin", None, &["repo", "registry"]),
    switch("json", None, &["repo index"]),
    value("merge", None, &["repo index"]),
    value("url", None, &["repo index"]),
    value("type", None, &["plugin list"]),
    switch("no-descriptions", None, &["completion"]),
    switch("insecure", None, &["registry"]),
    value("password", Some('p'), &["registry"]),
    value("username", Some('u'), &["registry"]),
    value("endpoint", None, &["search hub"]),
    switch("fail-on-no-result", None, &["search"]),
    switch("list-repo-url", None, &["search hub"]),
    value("max-col-width", None, &["search", "dependency list"]),
    switch("regexp", Some('r'), &["search repo"]),
    switch("versions", Some('l'), &["search repo"]),
];
