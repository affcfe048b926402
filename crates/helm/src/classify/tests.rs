use super::*;

/// Every stderr captured from the real helm 3.22.0 and 4.3.1 against a real API server, with the kind it is.
#[test]
fn real_errors() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/helm/errors");
    let mut seen = 0;
    for version in ["3.22.0", "4.3.1"] {
        for file in fs_err::read_dir(format!("{dir}/{version}")).unwrap() {
            let path = file.unwrap().path();
            let stderr = fs_err::read_to_string(&path).unwrap();
            let failure = classify(&stderr);
            let name = path.file_stem().unwrap().to_str().unwrap();
            assert_eq!((failure.kind, failure.aftermath), expected(name), "{version}/{name}: {failure:?}");
            assert!(
                !failure.cause.is_empty() && !failure.cause.contains('\n'),
                "{version}/{name}: {failure:?}"
            );
            assert!(
                !failure.cause.contains("FAILED:") && !failure.cause.contains("level="),
                "{version}/{name}"
            );
            seen += 1;
        }
    }
    assert!(seen > 80, "{seen}");
}

fn expected(name: &str) -> (Kind, Aftermath) {
    let kind = match name {
        "args" | "flag-unknown" => Kind::Usage,
        "chart-missing" | "chart-repo-missing" => Kind::NoChart,
        "conflict" => Kind::Conflict,
        "context-unknown" => Kind::UnknownContext,
        "dns" | "unreachable" => Kind::Unreachable,
        "forbidden" | "forbidden-list" => Kind::Forbidden,
        "force-and-ssa" => Kind::ApplyMethod,
        "hook-timeout" | "hook-install-timeout" => Kind::Hook,
        "immutable" => Kind::Immutable,
        "invalid" | "invalid-service" | "unknown-field" => Kind::Invalid,
        "name-in-use" => Kind::NameInUse,
        "namespace-missing" => Kind::NoNamespace,
        "no-kind" => Kind::UnknownKind,
        "no-revision" => Kind::NoRevision,
        "not-found-upgrade" | "upgrade-uninstalled" => Kind::NoDeployedRelease,
        name if name.starts_with("not-found") => Kind::NoRelease,
        "oci-unreachable" | "repo-unreachable" => Kind::ChartUnreachable,
        "ownership" | "ownership-upgrade" => Kind::NotOwned,
        "pending" => Kind::InProgress,
        "required" | "template-nil" | "yaml" => Kind::Render,
        "rolled-back" => return (Kind::Invalid, Aftermath::RolledBack),
        "schema" => Kind::Schema,
        "tls" => Kind::Untrusted,
        "unauthorized" => Kind::Unauthorized,
        "uninstalled" => return (Kind::Invalid, Aftermath::Uninstalled),
        "values-bad" | "values-missing" => Kind::Values,
        "wait-timeout" => Kind::Timeout,
        other => panic!("{other}: say which kind it is"),
    };
    (kind, Aftermath::None)
}

#[test]
fn causes_are_one_line_in_helms_words() {
    for (stderr, cause) in [
        ("Error: UPGRADE FAILED: \"r\" has no deployed releases\n", "\"r\" has no deployed releases"),
        (
            "Error: UPGRADE FAILED: pre-upgrade hooks failed: 1 error occurred:\n\t* timed out waiting for the condition\n\n\n",
            "pre-upgrade hooks failed: timed out waiting for the condition",
        ),
        (
            "Error: bad/templates/a.yaml:1:13\n  executing \"bad/templates/a.yaml\" at <.Values.a.b.c>:\n    nil pointer evaluating interface {}.b\n\nUse --debug flag to render out invalid YAML\n",
            "bad/templates/a.yaml:1:13; executing \"bad/templates/a.yaml\" at <.Values.a.b.c>: nil pointer evaluating interface {}.b",
        ),
        ("level=WARN msg=x\nError: release: not found\n", "release: not found"),
        ("Killed by something\nlast words\n", "last words"),
        ("", ""),
    ] {
        assert_eq!(classify(stderr).cause, cause);
    }
}

/// Strings of versions and situations that were not captured.
#[test]
fn other_wordings() {
    for (stderr, kind) in [
        ("Error: release: already exists", Kind::LostRace),
        (
            "Error: UPGRADE FAILED: create: failed to create: Secret \"sh.helm.release.v1.r.v1\" is invalid: data: Too long: must have at most 1048576 bytes",
            Kind::TooLarge,
        ),
        (
            "Error: UPGRADE FAILED: create: failed to create: Secret \"sh.helm.release.v1.r.v1\" is invalid: data: Too long: may not be more than 1048576 bytes",
            Kind::TooLarge,
        ),
        (
            "Error: UPGRADE FAILED: client rate limiter Wait returned an error: context canceled",
            Kind::Cancelled,
        ),
        ("Error: UPGRADE FAILED: pods \"x\" is forbidden: exceeded quota: q, requested: pods=1", Kind::Quota),
        (
            "Error: UPGRADE FAILED: admission webhook \"validate.kyverno.svc\" denied the request: no",
            Kind::Denied,
        ),
        (
            "Error: UPGRADE FAILED: invalid operation: forceConflicts enabled when serverSideApply disabled",
            Kind::ApplyMethod,
        ),
        (
            "Error: An error occurred while checking for chart dependencies. You may need to run `helm dependency build` to fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: x",
            Kind::Dependencies,
        ),
        (
            "Error: Kubernetes cluster unreachable: Get \"https://x\": getting credentials: exec: executable aws not found",
            Kind::Unauthorized,
        ),
        (
            "Error: UPGRADE FAILED: Get \"https://10.0.0.1:6443/apis/autoscaling/v2/namespaces/a\": dial tcp 10.0.0.1:6443: connect: connection refused",
            Kind::Unreachable,
        ),
        (
            "Error: GET \"https://ghcr.io/v2/x/y/tags/list\": response status code 401: Unauthorized",
            Kind::ChartUnreachable,
        ),
        (
            "Error: ghcr.io/x/y:1.0.0: Get \"https://ghcr.io/v2/x/y/manifests/1.0.0\": not found",
            Kind::NoChart,
        ),
        ("Error: something new", Kind::Other),
        ("", Kind::Other),
    ] {
        assert_eq!(classify(stderr).kind, kind, "{stderr}");
    }
    let failed = classify(
        "Error: UPGRADE FAILED: an error occurred while rolling back the release. original upgrade error: context deadline exceeded: release: not found",
    );
    assert_eq!(failed.aftermath, Aftermath::Failed);
    assert!(failed.hint().unwrap().contains("undo"));
}
