//! The kinds of failure, the words they are known by, and what to do about each.

/// Why helm failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The kubeconfig has no such context.
    UnknownContext,
    /// The API server refused the credentials, or none could be had.
    Unauthorized,
    /// The API server's certificate is not trusted.
    Untrusted,
    /// The API server does not answer, or the connection was lost.
    Unreachable,
    /// A quota of the namespace is used up.
    Quota,
    /// The user may not do this.
    Forbidden,
    /// The namespace does not exist.
    NoNamespace,
    /// Another helm is writing this release, or one was killed while writing (`pending-*`).
    InProgress,
    /// Somebody else wrote the same revision first.
    LostRace,
    /// Every revision failed or was uninstalled.
    NoDeployedRelease,
    /// There is no release of this name.
    NoRelease,
    /// There is no such revision, or it was pruned.
    NoRevision,
    /// `install` of a name that exists.
    NameInUse,
    /// An object exists and belongs to another release or to none.
    NotOwned,
    /// Server-side apply: another field manager owns a field.
    Conflict,
    /// A flag that does not go with how this release was applied.
    ApplyMethod,
    /// A hook failed or did not end in time.
    Hook,
    /// Something did not become ready in time.
    Timeout,
    /// Helm was told to stop.
    Cancelled,
    /// A field that cannot be changed.
    Immutable,
    /// The release with its chart is too large to store.
    TooLarge,
    /// An admission webhook or policy said no.
    Denied,
    /// The cluster does not know a kind.
    UnknownKind,
    /// The API server refused an object.
    Invalid,
    /// The values do not match the chart's schema.
    Schema,
    /// A template failed, or rendered no YAML.
    Render,
    /// A values file or `--set` could not be read.
    Values,
    /// The chart's dependencies are not there.
    Dependencies,
    /// The chart, its repository or version is not there.
    NoChart,
    /// The chart's registry or repository does not answer.
    ChartUnreachable,
    /// Helm did not understand its command line.
    Usage,
    /// None of these.
    Other,
}

/// Tried in order; the first whose words occur wins. An entry of several parts joined by `..` wants them all.
#[rustfmt::skip]
const WORDS: &[(Kind, &[&str])] = &[
    (Kind::UnknownContext, &["context \"..\" does not exist", "no context exists with the name"]),
    (Kind::Unauthorized, &["asked for the client to provide credentials", "getting credentials: exec", "Unauthorized"]),
    (Kind::ChartUnreachable, &["is not a valid chart repository or cannot be reached", "failed to fetch", "failed to authorize"]),
    (Kind::NoChart, &["path \"..\" not found", "repo .. not found", "chart \"..not found", "no chart version found",
        "no cached repo found", "Chart.yaml file is missing", "chart metadata is missing", "non-absolute URLs should be in form",
        "failed to download"]),
    (Kind::Dependencies, &["missing in charts/ directory"]),
    (Kind::Schema, &["values don't meet the specifications of the schema"]),
    (Kind::Render, &["execution error at (", "YAML parse error on", "executing \"..\" at <", "parse error at (", "template: "]),
    (Kind::Values, &["failed to parse ", "failed parsing --set", "no such file or directory", "cannot unmarshal yaml document"]),
    (Kind::Untrusted, &["failed to verify certificate", "x509: "]),
    (Kind::InProgress, &["another operation (install/upgrade/rollback) is in progress"]),
    (Kind::NoDeployedRelease, &["has no deployed releases"]),
    (Kind::NoRevision, &["release has no .. version"]),
    (Kind::NoRelease, &["release: not found"]),
    (Kind::LostRace, &["release: already exists"]),
    (Kind::NameInUse, &["cannot re-use a name that is still in use", "cannot reuse a name that is still in use"]),
    (Kind::NotOwned, &["cannot be imported into the current release"]),
    (Kind::ApplyMethod, &["cannot use server-side apply and force replace together",
        "forceConflicts enabled when serverSideApply disabled"]),
    (Kind::Conflict, &["conflict occurred while applying", "Apply failed with"]),
    (Kind::TooLarge, &["Too long: must have at most", "Too long: may not be more than", "Request entity too large"]),
    (Kind::Quota, &["exceeded quota"]),
    (Kind::Denied, &["denied the request", "denied request"]),
    (Kind::Forbidden, &["is forbidden: ", "forbidden: User"]),
    (Kind::NoNamespace, &["namespaces \"..\" not found"]),
    (Kind::Immutable, &["field is immutable", "updates to statefulset spec for fields other than"]),
    (Kind::UnknownKind, &["no matches for kind"]),
    (Kind::Invalid, &["\" is invalid: ", "field not declared in schema", "failed to create typed patch object", "strict decoding error"]),
    (Kind::Unreachable, &["luster unreachable", "dial tcp", "connection refused", "connection reset by peer",
        "client connection lost", "i/o timeout", "TLS handshake timeout", "unexpected EOF", "no such host"]),
    (Kind::Cancelled, &["context canceled", "has been cancelled"]),
    (Kind::Hook, &["hooks failed: ", "failed pre-install: ", "failed post-install: ", "pod .. failed", "job .. failed"]),
    (Kind::Timeout, &["context deadline exceeded", "timed out waiting for the condition"]),
    (Kind::Usage, &["unknown flag: ", "unknown shorthand flag: ", "flag needs an argument: ", "unknown command ",
        "invalid argument \"", "\" requires "]),
];

impl Kind {
    pub(super) fn of(cause: &str) -> Self {
        if names_registry(cause) {
            let missing = cause.contains("not found") || cause.contains("404");
            return if missing { Self::NoChart } else { Self::ChartUnreachable };
        }
        let found = WORDS.iter().find(|(_, words)| words.iter().any(|words| occur(words, cause)));
        found.map_or(Self::Other, |(kind, _)| *kind)
    }

    pub(super) fn hint(self) -> Option<&'static str> {
        Some(match self {
            Self::UnknownContext => "see `kubectl config get-contexts`",
            Self::Unauthorized => {
                "log in to the cluster again; `kubectl --context CONTEXT get ns` shows the same error"
            }
            Self::Untrusted => "the kubeconfig's certificate-authority is not the one of this API server",
            Self::Unreachable => {
                "check the address, the VPN and the proxy; `kubectl --context CONTEXT version` shows the same error"
            }
            Self::Quota => "raise the quota, or lower the requests",
            Self::Forbidden => "the user of this context lacks the right named here",
            Self::NoNamespace => "create the namespace, or pass --create-namespace",
            Self::InProgress => {
                "another helm is at work, or one was killed: see `helm history`, then `helm rollback RELEASE REVISION` \
                 to the last good one (`helm uninstall` when there is none)"
            }
            Self::LostRace => "somebody else wrote this release at the same moment; look, then try again",
            Self::NoDeployedRelease => {
                "pass --install if it was never there; else see `helm history` and roll back or uninstall"
            }
            Self::NoRelease => "see `helm list --all-namespaces`; is it the right namespace?",
            Self::NoRevision => "see `helm history`; old revisions are pruned beyond --history-max",
            Self::NameInUse => "upgrade it instead",
            Self::NotOwned => "remove the object, or let the release take it with --take-ownership",
            Self::Conflict => {
                "see who owns the field with `kubectl get -o yaml --show-managed-fields`; --force-conflicts takes it"
            }
            Self::ApplyMethod => {
                "--force-replace wants client-side apply, --force-conflicts server-side apply"
            }
            Self::Hook => "see the hook's job or pod with `kubectl describe` and `kubectl logs`",
            Self::Timeout => {
                "see what is not ready with `kubectl get pods,events`; --timeout gives more time"
            }
            Self::Immutable => "delete the object first, or rename it in the chart",
            Self::TooLarge => "list what the chart need not carry in .helmignore",
            Self::UnknownKind => "install the CRDs first; is the apiVersion still served?",
            Self::Schema | Self::Values => "correct the values",
            Self::Dependencies => "run `helm dependency build`",
            Self::NoChart => {
                "check the path, the name and --version; `helm repo update` refreshes repositories"
            }
            Self::ChartUnreachable => "check the address, the login (`helm registry login`) and the proxy",
            Self::Cancelled | Self::Denied | Self::Invalid | Self::Render | Self::Usage | Self::Other => {
                return None;
            }
        })
    }
}

/// Whether a URL of the OCI registry API is in `cause`: `https://HOST/v2/...`. API groups have `/v2/` further on.
fn names_registry(cause: &str) -> bool {
    cause.split("://").skip(1).any(|rest| rest.find('/').is_some_and(|path| rest[path..].starts_with("/v2/")))
}

/// Whether the parts of `words` occur in this order.
fn occur(words: &str, text: &str) -> bool {
    let mut rest = Some(text);
    for part in words.split("..") {
        rest = rest.and_then(|rest| rest.find(part).map(|at| &rest[at + part.len()..]));
    }
    rest.is_some()
}
