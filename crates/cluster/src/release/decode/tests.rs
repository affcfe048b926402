use std::io::Write as _;

use base64::Engine as _;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

fn gzipped(json: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(json.as_bytes()).unwrap();
    STANDARD.encode(encoder.finish().unwrap()).into_bytes()
}

/// As Helm 3.15 writes it, shortened.
const HELM_3: &str = r#"{"name":"r","namespace":"apps","version":3,"manifest":"---\na: 1\n","hooks":[{"name":"h","kind":"Job",
"path":"c/templates/h.yaml","manifest":"kind: Job","events":["pre-upgrade"],"last_run":{"started_at":"","completed_at":"","phase":""}}],
"info":{"first_deployed":"2026-11-21T12:55:39.123456789+01:00","last_deployed":"2026-11-21T12:55:40Z","deleted":"",
"description":"Rollback to 1","status":"deployed","notes":"hi"},
"config":{"password":"hunter2"},"chart":{"metadata":{"name":"c","version":"0.1.0","appVersion":"1.16.0"},"lock":null,
"templates":[{"name":"t","data":"YTog"}],"values":{"a":1},"schema":null,"files":null}}"#;

#[test]
fn a_record_of_helm_3() {
    let release = release(&gzipped(HELM_3)).unwrap();
    assert_eq!((release.name.as_str(), release.namespace.as_str(), release.revision), ("r", "apps", 3));
    assert_eq!(release.status, Status::Deployed);
    assert_eq!(release.rollback_to, Some(1));
    assert_eq!(release.apply_method, ApplyMethod::Client);
    assert_eq!(release.chart.app_version.as_deref(), Some("1.16.0"));
    assert_eq!(release.hooks[0].events, ["pre-upgrade"]);
    assert_eq!(release.manifest, "---\na: 1\n");
    assert_eq!(release.first_deployed.unwrap().to_string(), "2026-11-21T11:55:39.123456789Z");
    let debug = format!("{release:?}{:?}", release.hooks);
    assert!(!debug.contains("a: 1") && !debug.contains("hunter2"), "{debug}");
}

#[test]
fn a_record_of_helm_4() {
    let json = r#"{"name":"r","version":1,"info":{"first_deployed":"0001-01-01T00:00:00Z","description":"convoy 7K: back",
        "status":"pending-rollback","rollback_revision":4},"hooks":null,"chart":{"metadata":{"name":"c","version":"1"}},"apply_method":"ssa"}"#;
    let release = release(&gzipped(json)).unwrap();
    assert_eq!(release.status, Status::PendingRollback);
    assert_eq!(release.rollback_to, Some(4));
    assert_eq!(release.apply_method, ApplyMethod::Server);
    assert_eq!((release.first_deployed, release.last_deployed), (None, None));
    assert_eq!(release.chart.app_version, None);
}

#[test]
fn an_old_record_is_not_compressed() {
    let record = STANDARD.encode(r#"{"name":"r","version":1,"info":{"status":"superseded","deleted":""}}"#);
    assert_eq!(release(record.as_bytes()).unwrap().status, Status::Superseded);
    assert_eq!(detail(record.as_bytes()).unwrap(), Detail::default());
}

#[test]
fn the_brief_reading_agrees() {
    let detail = detail(&gzipped(HELM_3)).unwrap();
    assert_eq!(detail, Detail { description: "Rollback to 1".into(), rollback_to: Some(1) });
}

#[test]
fn broken_records_say_so_without_a_value() {
    let good = gzipped(HELM_3);
    for record in
        [&b""[..], b"*", &good[..good.len() / 2], &gzipped(r#"{"name":"r","version":"hunter2","info":{}}"#)]
    {
        let error = release(record).unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
    }
}

/// A chart of several MiB inside the record is skipped, not kept.
#[test]
fn large_charts_are_skipped() {
    let filler = "x".repeat(8 << 20);
    let json = format!(
        r#"{{"name":"r","version":1,"info":{{"status":"deployed"}},"chart":{{"metadata":{{"name":"c"}},"templates":[{{"data":"{filler}"}}]}},"manifest":"m"}}"#
    );
    assert_eq!(release(&gzipped(&json)).unwrap().manifest, "m");
}
