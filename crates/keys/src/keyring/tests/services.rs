//! Keys at a service beside others.

use std::io::ErrorKind;
use std::net::TcpListener;

use super::*;
use crate::remote::RemoteSettings;

/// A server that takes connections and says nothing, and a key there.
fn silent() -> (TcpListener, MasterKey) {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let address = server.local_addr().unwrap();
    let key = MasterKey::vault_transit(&format!("http://{address}/v1/transit/keys/k")).unwrap();
    (server, key)
}

/// Identities, and what is needed to ask a Transit server for a moment.
fn with_token(identities: &[&Identity]) -> Sources {
    let lookup = |name: &str| match name {
        "VAULT_TOKEN" => Some("hunter2".to_owned()),
        "HELM_SECRETS_KEY_TIMEOUT" => Some("300ms".to_owned()),
        _ => None,
    };
    let text: String = identities.iter().map(|identity| format!("{}\n", text(identity))).collect();
    Sources { remote: RemoteSettings::from_env(&lookup, None), ..with_key(&text) }
}

fn at_service(key: MasterKey) -> KeyGroup {
    KeyGroup::of(vec![WrappedKey::new(key, "vault:v1:AAAA".to_owned(), Some("2026".to_owned()))])
}

#[test]
fn the_network_is_asked_only_if_too_few_groups_open_without() {
    let (a, b) = (Identity::generate(), Identity::generate());
    let (server, service) = silent();
    let key = DataKey::generate();
    let groups = [vec![age_key(&a)], vec![age_key(&b)], vec![age_key(&Identity::generate())]];
    let mut metadata = metadata(nobody().wrap(&key, &groups, Some(2)).unwrap());
    metadata.groups.swap(0, 2);
    metadata.groups[0] = at_service(service.clone());
    metadata.shamir_threshold = Some(2);
    let got = Keyring::new(with_token(&[&a, &b])).data_key(&metadata).unwrap();
    assert_eq!(got.expose(), key.expose());
    assert_eq!(server.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "nobody asked the service");

    let error = Keyring::new(with_token(&[&a])).data_key(&metadata).unwrap_err();
    assert!(server.accept().is_ok(), "{error}");
    let all = format!("{error} {error:?} {:?}", error.hint());
    assert!(all.contains(&format!("\n  hc_vault {service}: ")) && !all.contains("hunter2"), "{all}");
}

#[test]
fn a_service_that_does_not_wrap_is_named() {
    let (_server, service) = silent();
    let error = Keyring::new(with_token(&[])).wrap(&DataKey::generate(), &[vec![service.clone()]], None);
    let error = error.unwrap_err().to_string();
    assert!(error.starts_with(&format!("no key can be wrapped for hc_vault {service}: ")), "{error}");
}
