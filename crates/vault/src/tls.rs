//! Certificates named by the settings. A file that holds none is an error, never a silent fallback.

use std::path::{Path, PathBuf};

use reqwest::{Certificate, Identity};
use zeroize::Zeroizing;

use crate::{Error, Tls};

/// The only CAs to trust, or None for those of the platform.
pub(crate) fn roots(tls: &Tls) -> Result<Option<Vec<Certificate>>, Error> {
    let mut roots = Vec::new();
    let mut given = false;
    if let Some(pem) = &tls.ca_pem {
        given = true;
        roots.extend(certificates(pem.as_bytes(), Path::new("of VAULT_CACERT_BYTES"))?);
    }
    if let Some(file) = &tls.ca_file {
        given = true;
        roots.extend(certificates(&read("CA certificate", file)?, file)?);
    }
    if let Some(dir) = &tls.ca_dir {
        given = true;
        for file in files(dir)? {
            roots.extend(certificates(&read("CA certificate", &file)?, &file)?);
        }
        if roots.is_empty() {
            return Err(unusable("directory of CA certificates", dir, "no file in it"));
        }
    }
    Ok(given.then_some(roots))
}

/// The client's own certificate with its key.
pub(crate) fn identity(tls: &Tls) -> Result<Option<Identity>, Error> {
    let Some((certificate, key)) = &tls.client_certificate else {
        return Ok(None);
    };
    let mut pem = Zeroizing::new(read("client certificate", certificate)?);
    pem.push(b'\n');
    pem.extend_from_slice(&Zeroizing::new(read("client key", key)?));
    // The parser's message could quote the key file.
    let identity = Identity::from_pem(&pem).map_err(|_| {
        unusable("client certificate", certificate, "no certificate with its private key in PEM form")
    })?;
    Ok(Some(identity))
}

fn certificates(pem: &[u8], path: &Path) -> Result<Vec<Certificate>, Error> {
    match Certificate::from_pem_bundle(pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(unusable("CA certificate", path, "no certificate in PEM form in it")),
    }
}

/// The regular files of a directory, in a stable order; links to files count, subdirectories do not.
fn files(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error::File { what: "directory of CA certificates", source };
    let mut files = Vec::new();
    for entry in fs_err::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read(what: &'static str, path: &Path) -> Result<Vec<u8>, Error> {
    fs_err::read(path).map_err(|source| Error::File { what, source })
}

fn unusable(what: &'static str, path: &Path, reason: &str) -> Error {
    Error::Certificate { what, path: path.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate() -> String {
        rcgen::generate_simple_self_signed(["ca".to_owned()]).unwrap().cert.pem()
    }

    #[test]
    fn a_file_without_certificates_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ca.pem");
        fs_err::write(&file, "hunter2").unwrap();
        let tls = Tls { ca_file: Some(file.clone()), ..Tls::default() };
        let error = roots(&tls).unwrap_err();
        assert!(error.to_string().contains("ca.pem"), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
        let tls = Tls { client_certificate: Some((file.clone(), file)), ..Tls::default() };
        assert!(matches!(identity(&tls), Err(Error::Certificate { .. })));
    }

    #[test]
    fn files_and_text_add_up_and_subdirectories_do_not_count() {
        let dir = tempfile::tempdir().unwrap();
        fs_err::create_dir(dir.path().join("sub")).unwrap();
        fs_err::write(dir.path().join("a.pem"), certificate() + &certificate()).unwrap();
        let tls = Tls { ca_dir: Some(dir.path().to_owned()), ca_pem: Some(certificate()), ..Tls::default() };
        assert_eq!(roots(&tls).unwrap().map(|roots| roots.len()), Some(3));
        assert!(roots(&Tls::default()).unwrap().is_none());
    }

    #[test]
    fn missing_files_and_empty_directories_are_errors() {
        let dir = tempfile::tempdir().unwrap();
        let tls = Tls { ca_dir: Some(dir.path().to_owned()), ..Tls::default() };
        assert!(roots(&tls).unwrap_err().to_string().contains("no file in it"));
        let tls = Tls { ca_file: Some(dir.path().join("none.pem")), ..Tls::default() };
        assert!(roots(&tls).unwrap_err().to_string().contains("none.pem"));
    }
}
