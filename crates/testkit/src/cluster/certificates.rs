//! The certificates of one control plane.

use std::io;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use crate::files::write_private;

/// The files in the directory of the control plane, in the order of the fields of [`Certificates`].
const FILES: [&str; 7] = [
    "ca.crt",
    "server.crt",
    "server.key",
    "admin.crt",
    "admin.key",
    "service-accounts.pub",
    "service-accounts.key",
];

/// PEM texts: one CA, the API server, an administrator, and the key pair that signs service account tokens.
#[derive(Clone)]
pub(super) struct Certificates {
    pub(super) ca: String,
    server: String,
    server_key: String,
    pub(super) admin: String,
    pub(super) admin_key: String,
    service_accounts_public: String,
    service_accounts_key: String,
}

impl Certificates {
    pub(super) fn create() -> Result<Self, rcgen::Error> {
        let ca_key = KeyPair::generate()?;
        let mut ca = CertificateParams::default();
        ca.distinguished_name.push(DnType::CommonName, "convoy test CA");
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let ca_pem = ca.self_signed(&ca_key)?.pem();
        let issuer = Issuer::new(ca, ca_key);

        let server_key = KeyPair::generate()?;
        let names = ["127.0.0.1", "localhost", "kubernetes.default.svc"].map(str::to_owned);
        let mut server = CertificateParams::new(names)?;
        server.distinguished_name.push(DnType::CommonName, "kube-apiserver");
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];

        let admin_key = KeyPair::generate()?;
        let mut admin = CertificateParams::default();
        admin.distinguished_name.push(DnType::OrganizationName, "system:masters");
        admin.distinguished_name.push(DnType::CommonName, "admin");
        admin.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];

        let service_accounts = KeyPair::generate()?;
        Ok(Self {
            ca: ca_pem,
            server: server.signed_by(&server_key, &issuer)?.pem(),
            server_key: server_key.serialize_pem(),
            admin: admin.signed_by(&admin_key, &issuer)?.pem(),
            admin_key: admin_key.serialize_pem(),
            service_accounts_public: service_accounts.public_key_pem(),
            service_accounts_key: service_accounts.serialize_pem(),
        })
    }

    pub(super) fn write(&self, dir: &Path) -> io::Result<()> {
        let texts = [
            &self.ca,
            &self.server,
            &self.server_key,
            &self.admin,
            &self.admin_key,
            &self.service_accounts_public,
            &self.service_accounts_key,
        ];
        FILES.iter().zip(texts).try_for_each(|(file, text)| write_private(&dir.join(file), text))
    }

    pub(super) fn read(dir: &Path) -> io::Result<Self> {
        let mut texts = Vec::new();
        for file in FILES {
            texts.push(fs_err::read_to_string(dir.join(file))?);
        }
        let mut next = texts.into_iter();
        let mut take = || next.next().unwrap_or_default();
        Ok(Self {
            ca: take(),
            server: take(),
            server_key: take(),
            admin: take(),
            admin_key: take(),
            service_accounts_public: take(),
            service_accounts_key: take(),
        })
    }
}
