//! TLS: the server's certificate and key, and the authority whose certificates clients must show. The files are read
//! again when they change; connections that are open keep what they began with.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::server::WebPkiClientVerifier;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;

use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;

/// Where certificates and keys are, all in PEM.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The server's certificate, and after it those that lead to the authority which clients know.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The authorities that sign the certificates of clients; with it every client must have one.
    pub client_ca: Option<PathBuf>,
}

/// What new connections are encrypted with.
#[derive(Debug)]
pub(super) struct Tls {
    files: TlsFiles,
    current: ArcSwap<ServerConfig>,
}

impl Tls {
    /// Reads the files.
    pub(super) fn open(files: TlsFiles) -> Result<Self> {
        let config = read(&files)?;
        Ok(Self { files, current: ArcSwap::from_pointee(config) })
    }

    /// Reads the files again. If they are no good, for example because only one of them is new yet, new connections
    /// go on with what there was.
    pub(super) fn reload(&self) -> Result<()> {
        self.current.store(Arc::new(read(&self.files)?));
        Ok(())
    }

    /// The files it was read from.
    pub(super) fn paths(&self) -> Vec<&Path> {
        let files = [Some(&self.files.certificate), Some(&self.files.key), self.files.client_ca.as_ref()];
        files.into_iter().flatten().map(PathBuf::as_path).collect()
    }

    /// What a new connection is encrypted with.
    pub(super) fn acceptor(&self) -> tokio_rustls::TlsAcceptor {
        self.current.load_full().into()
    }
}

fn read(files: &TlsFiles) -> Result<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::internal("cannot set up TLS").caused_by(error))?;
    let builder = match &files.client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let wrong = |error: String| config(path, "no certificate of an authority").caused_by(error);
            let mut roots = RootCertStore::empty();
            for certificate in certificates(path)? {
                roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.map_err(|error| wrong(error.to_string()))?)
        }
    };
    let key = PrivateKeyDer::from_pem_slice(&bytes(&files.key)?)
        // What is wrong with it is said without what is in it.
        .map_err(|_| config(&files.key, "no private key in PEM"))?;
    let chain = certificates(&files.certificate)?;
    let mut config = builder.with_single_cert(chain, key).map_err(|error| {
        config(
            &files.certificate,
            &format!("the certificate does not go with the key {}", files.key.display()),
        )
        .caused_by(error)
    })?;
    // Flight is HTTP/2 and nothing else.
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes(path)?).collect();
    let found = found.map_err(|_| config(path, "no certificate in PEM"))?;
    if found.is_empty() { Err(config(path, "no certificate in PEM")) } else { Ok(found) }
}

fn bytes(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| config(path, "cannot be read").caused_by(error))
}

fn config(path: &Path, what: &str) -> Error {
    Error::new(Kind::Config, format!("{}: {what}", path.display()))
}

/// Who a certificate was given to: the common name of its subject, which names the caller where there are no
/// passwords. None if it has none.
pub(super) fn common_name(certificate: &[u8]) -> Option<String> {
    /// The tag and length of an element, its content, and what follows it.
    fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
        let (tag, rest) = bytes.split_first()?;
        let (first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(*first), rest),
            // The length has octets of its own; 0x80 is of no use here.
            0x81..=0x83 => {
                let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (octets.iter().fold(0, |length, octet| length << 8 | usize::from(*octet)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        Some((*tag, content, rest))
    }
    const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];
    let (_, certificate, _) = element(certificate)?;
    let (_, mut rest, _) = element(certificate)?;
    if let Some((0xa0, _, after)) = element(rest) {
        rest = after;
    }
    // Serial number, signature algorithm, issuer, validity.
    for _ in 0..4 {
        (_, _, rest) = element(rest)?;
    }
    let (_, mut names, _) = element(rest)?;
    let mut found = None;
    while let Some((_, set, after)) = element(names) {
        names = after;
        let (_, pair, _) = element(set)?;
        let (_, oid, value) = element(pair)?;
        if oid == COMMON_NAME {
            // The last one is the most specific.
            found = String::from_utf8(element(value)?.1.to_vec()).ok();
        }
    }
    found.filter(|name| !name.is_empty() && name.len() <= 128 && !name.chars().any(char::is_control))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::CertificateParams;
    use rcgen::DnType;
    use rcgen::KeyPair;

    use super::*;

    fn named(name: &str) -> (String, String, Vec<u8>) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "Example");
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.self_signed(&key).unwrap();
        (certificate.pem(), key.serialize_pem(), certificate.der().to_vec())
    }

    #[test]
    fn a_certificate_names_its_holder() {
        assert_eq!(common_name(&named("ann").2).as_deref(), Some("ann"));
        assert_eq!(common_name(&named(&"long".repeat(32)).2), Some("long".repeat(32)));
        assert_eq!(common_name(&named("a\nb").2), None);
    }

    #[test]
    fn files_that_do_not_go_together_leave_what_there_was() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let files = TlsFiles { certificate: at("cert.pem"), key: at("key.pem"), client_ca: None };
        let (certificate, key, _) = named("one");
        std::fs::write(&files.certificate, &certificate).unwrap();
        std::fs::write(&files.key, &key).unwrap();
        let tls = Tls::open(files.clone()).unwrap();
        let before = tls.current.load_full();
        let (certificate, key, _) = named("two");
        std::fs::write(&files.certificate, &certificate).unwrap();
        let error = tls.reload().unwrap_err().to_string();
        assert!(error.contains("does not go with the key"), "{error}");
        assert!(Arc::ptr_eq(&before, &tls.current.load_full()));
        std::fs::write(&files.key, &key).unwrap();
        tls.reload().unwrap();
        assert!(!Arc::ptr_eq(&before, &tls.current.load_full()));
        std::fs::write(&files.key, "secret bytes").unwrap();
        let error = tls.reload().unwrap_err();
        assert!(!format!("{error:?}").contains("secret bytes"), "{error:?}");
    }

    proptest! {
        #[test]
        fn damaged_certificates_name_nobody_or_somebody(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut der = named("ann").2;
            let at = at.index(der.len());
            der[at] = byte;
            common_name(&der);
            der.truncate(at);
            common_name(&der);
        }
    }
}
