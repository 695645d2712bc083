//! IP addresses.

use std::net::IpAddr;
use std::net::Ipv6Addr;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::common::exec_err;

use crate::functions::Function;

pub(super) const IP_IN_CIDR: Function = Function {
    name: "ip_in_cidr",
    description: "Tells whether an IPv4 or IPv6 address lies in a block of addresses. NULL if the text is no address, as \
        `AWS Internal` or a service's name; false if one is IPv4 and the other IPv6. Fails if the block is none.",
    arguments: &[
        ("ip", "The address, as `source_ip`."),
        ("cidr", "The block, as `10.0.0.0/8` or `2001:db8::/32`; a single address is a block of one."),
    ],
    optional: None,
    example: r#"
> SELECT source_ip, ip_in_cidr(source_ip, '198.51.100.0/24') AS office
  FROM (VALUES ('198.51.100.7'), ('203.0.113.9'), ('2001:db8::1'), ('AWS Internal')) AS t(source_ip);
+--------------+--------+
| source_ip    | office |
+--------------+--------+
| 198.51.100.7 | true   |
| 203.0.113.9  | false  |
| 2001:db8::1  | false  |
| AWS Internal |        |
+--------------+--------+
"#,
    returns: || DataType::Boolean,
    evaluate: |arguments| {
        let (addresses, blocks) = (arguments.texts(0)?, arguments.texts(1)?);
        let every = blocks.constant().map(Block::parse).transpose()?;
        arguments.map_boolean(|row| {
            let block = match (every, blocks.get(row)) {
                (Some(block), _) => block,
                (None, Some(cidr)) => Block::parse(cidr)?,
                (None, None) => return Ok(None),
            };
            Ok(addresses.get(row).and_then(address).map(|address| block.holds(address)))
        })
    },
};

pub(super) const IP_IS_PRIVATE: Function = Function {
    name: "ip_is_private",
    description: "Tells whether an address is one that the public internet does not route to: RFC 1918, loopback, \
        link-local, carrier-grade NAT (100.64.0.0/10), and IPv6's unique local, link-local and loopback. NULL if the \
        text is no address.",
    arguments: &[("ip", "The address, as `source_ip`.")],
    optional: None,
    example: r#"
> SELECT source_ip, ip_is_private(source_ip) AS private
  FROM (VALUES ('10.1.2.3'), ('203.0.113.9'), ('fd00::1'), ('ec2.amazonaws.com')) AS t(source_ip);
+-------------------+---------+
| source_ip         | private |
+-------------------+---------+
| 10.1.2.3          | true    |
| 203.0.113.9       | false   |
| fd00::1           | true    |
| ec2.amazonaws.com |         |
+-------------------+---------+
"#,
    returns: || DataType::Boolean,
    evaluate: |arguments| {
        let addresses = arguments.texts(0)?;
        arguments.map_boolean(|row| Ok(addresses.get(row).and_then(address).map(is_private)))
    },
};

/// Reads an address; one of IPv4 that is written as IPv6 (`::ffff:10.0.0.1`) is taken for what it is.
fn address(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// A block of addresses, as wide integers. Bits behind the prefix do not count: `10.1.2.3/8` is `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    V4 { network: u32, mask: u32 },
    V6 { network: u128, mask: u128 },
}

impl Block {
    fn parse(cidr: &str) -> Result<Self> {
        let (text, prefix) = match cidr.split_once('/') {
            Some((text, prefix)) => (text, Some(prefix)),
            None => (cidr, None),
        };
        // `parse` alone would take `+8`.
        let digits = prefix.is_none_or(|prefix| prefix.bytes().all(|byte| byte.is_ascii_digit()));
        let bits = prefix.map(str::parse::<u32>).transpose().ok().filter(|_| digits);
        let block = match (text.parse(), bits) {
            (Ok(IpAddr::V4(address)), Some(bits)) => Self::v4(address.to_bits(), bits.unwrap_or(32)),
            (Ok(IpAddr::V6(address)), Some(bits)) => Self::v6(address, bits.unwrap_or(128)),
            _ => None,
        };
        match block {
            Some(block) => Ok(block),
            None => exec_err!(
                "ip_in_cidr: '{cidr}' is no block of addresses; write one as 10.0.0.0/8 or 2001:db8::/32"
            ),
        }
    }

    fn v4(network: u32, bits: u32) -> Option<Self> {
        let mask = u32::MAX.checked_shl(32_u32.checked_sub(bits)?).unwrap_or(0);
        Some(Self::V4 { network: network & mask, mask })
    }

    fn v6(network: Ipv6Addr, bits: u32) -> Option<Self> {
        // Addresses are compared as what they are, so a block of mapped ones is a block of IPv4.
        if let (Some(mapped), Some(bits)) = (network.to_ipv4_mapped(), bits.checked_sub(96)) {
            return Self::v4(mapped.to_bits(), bits);
        }
        let mask = u128::MAX.checked_shl(128_u32.checked_sub(bits)?).unwrap_or(0);
        Some(Self::V6 { network: network.to_bits() & mask, mask })
    }

    fn holds(self, address: IpAddr) -> bool {
        match (self, address) {
            (Self::V4 { network, mask }, IpAddr::V4(address)) => address.to_bits() & mask == network,
            (Self::V6 { network, mask }, IpAddr::V6(address)) => address.to_bits() & mask == network,
            _ => false,
        }
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let shared = address.to_bits() >> 22 == u32::from_be_bytes([100, 64, 0, 0]) >> 22;
            address.is_private() || address.is_loopback() || address.is_link_local() || shared
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}
