//! Names of keys: `arn:PARTITION:kms:REGION:ACCOUNT:key/ID`, or `alias/NAME`.

use super::Reason;

const BAD: Reason = Reason::BadKey("it is no ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID)");

/// What of an ARN says where to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arn<'a> {
    pub region: &'a str,
    /// The domain of the partition's services.
    pub domain: &'static str,
}

impl<'a> Arn<'a> {
    /// Takes what sops takes, but for regions that are no part of a host name: those would lead elsewhere.
    pub fn parse(arn: &'a str) -> Result<Self, Reason> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", partition, "kms", region, account, key] = parts[..] else { return Err(BAD) };
        let is_label = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let named = key.strip_prefix("key/").or_else(|| key.strip_prefix("alias/"));
        let fits = !region.is_empty()
            && region.bytes().all(is_label)
            && !account.is_empty()
            && account.bytes().all(|byte| byte.is_ascii_digit())
            && named.is_some_and(|name| !name.is_empty());
        if !fits {
            return Err(BAD);
        }
        let domain = match partition {
            "aws" | "aws-us-gov" => "amazonaws.com",
            "aws-cn" => "amazonaws.com.cn",
            "aws-eusc" => "amazonaws.eu",
            "aws-iso" => "c2s.ic.gov",
            "aws-iso-b" => "sc2s.sgov.gov",
            "aws-iso-e" => "cloud.adc-e.uk",
            "aws-iso-f" => "csp.hci.ic.gov",
            _ => return Err(Reason::BadKey("its ARN is of an unknown partition of AWS")),
        };
        Ok(Self { region, domain })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_aliases_of_every_partition() {
        for (arn, region, domain) in [
            ("arn:aws:kms:us-west-2:107501996527:key/612d", "us-west-2", "amazonaws.com"),
            ("arn:aws:kms:eu-west-1:1:alias/app/prod", "eu-west-1", "amazonaws.com"),
            ("arn:aws:kms:eu-west-1:1:alias/a:b", "eu-west-1", "amazonaws.com"),
            ("arn:aws-cn:kms:cn-north-1:1:key/mrk-1", "cn-north-1", "amazonaws.com.cn"),
            ("arn:aws-us-gov:kms:us-gov-west-1:1:key/1", "us-gov-west-1", "amazonaws.com"),
        ] {
            assert_eq!(Arn::parse(arn).unwrap(), Arn { region, domain }, "{arn}");
        }
    }

    #[test]
    fn regions_that_lead_elsewhere() {
        for arn in [
            "arn:aws:kms:evil.example/#:1:key/1",
            "arn:aws:kms:evil.example:1:key/1",
            "arn:aws:kms:user@evil:1:key/1",
            "arn:aws:kms::1:key/1",
            "arn:aws:kms:eu-west-1:x:key/1",
            "arn:aws:kms:eu-west-1:1:key/",
            "arn:aws:s3:eu-west-1:1:key/1",
            "arn:aws-evil:kms:eu-west-1:1:key/1",
            "alias/app",
        ] {
            assert!(Arn::parse(arn).is_err(), "{arn}");
        }
    }
}
