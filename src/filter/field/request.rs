//! Words about the request line, the headers, and who sent it.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use super::{Operator, Simple, Test, TextTest, Written};
use crate::filter::subject::Subject;
use crate::model::form::pairs;

type Made = Result<Arc<dyn Test>, String>;

/// Takes one text of the request to a test.
type Of = fn(&Subject<'_>, &dyn Fn(&[u8]) -> bool) -> bool;

/// One text of the request.
#[derive(Debug)]
struct Text {
    of: Of,
    test: TextTest,
}

impl Test for Text {
    fn matches(&self, subject: &Subject<'_>) -> bool {
        (self.of)(subject, &|text| self.test.matches(text))
    }
}

fn text(written: &Written<'_>, of: Of) -> Made {
    Ok(Arc::new(Text {
        of,
        test: written.text()?,
    }))
}

pub(super) fn path(written: &Written<'_>) -> Made {
    text(written, |subject, test| {
        test(subject.envelope.head.path().as_bytes())
    })
}

pub(super) fn target(written: &Written<'_>) -> Made {
    text(written, |subject, test| {
        test(subject.envelope.head.target.as_bytes())
    })
}

pub(super) fn host(written: &Written<'_>) -> Made {
    text(written, |subject, test| {
        test(subject.envelope.host.as_bytes())
    })
}

pub(super) fn media_type(written: &Written<'_>) -> Made {
    text(written, |subject, test| {
        subject.media_type().is_some_and(test)
    })
}

#[derive(Debug)]
struct Method(TextTest);

impl Test for Method {
    fn matches(&self, subject: &Subject<'_>) -> bool {
        self.0.matches(subject.envelope.head.method.as_bytes())
    }

    fn simple(&self) -> Option<Simple> {
        self.0.literal().map(Simple::Method)
    }
}

pub(super) fn method(written: &Written<'_>) -> Made {
    Ok(Arc::new(Method(written.text()?)))
}

#[derive(Debug)]
struct Header {
    name: String,
    test: TextTest,
}

impl Test for Header {
    fn matches(&self, subject: &Subject<'_>) -> bool {
        let mut fields = subject.envelope.head.headers.iter();
        fields.any(|(name, value)| {
            name.eq_ignore_ascii_case(self.name.as_bytes()) && self.test.matches(value)
        })
    }
}

pub(super) fn header(written: &Written<'_>) -> Made {
    Ok(Arc::new(Header {
        name: written.name(),
        test: written.text()?,
    }))
}

#[derive(Debug)]
struct Query {
    name: String,
    test: TextTest,
}

impl Test for Query {
    fn matches(&self, subject: &Subject<'_>) -> bool {
        let query = subject.envelope.head.query().unwrap_or_default();
        pairs(query.as_bytes())
            .any(|(name, value)| *name == *self.name.as_bytes() && self.test.matches(&value))
    }
}

pub(super) fn query(written: &Written<'_>) -> Made {
    Ok(Arc::new(Query {
        name: written.name(),
        test: written.text()?,
    }))
}

/// An address, a range of them, or a pattern of their text.
#[derive(Debug)]
enum Client {
    Net(IpNet),
    Text(TextTest),
}

impl Test for Client {
    fn matches(&self, subject: &Subject<'_>) -> bool {
        let client = subject.envelope.client;
        match self {
            Self::Net(net) => net.contains(&client) || net.contains(&client.to_canonical()),
            Self::Text(test) => test.matches(client.to_string().as_bytes()),
        }
    }
}

pub(super) fn client(written: &Written<'_>) -> Made {
    let client = match written.value.pattern.literal() {
        None if written.operator == Operator::Is => Client::Text(written.text()?),
        _ => {
            let text = written.value.text()?;
            let net = text
                .parse::<IpNet>()
                .or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            Client::Net(net.map_err(|_| {
                "an address (203.0.113.7), a range (10.0.0.0/8) or a pattern (192.168.*) stands here"
                    .to_owned()
            })?)
        }
    };
    Ok(Arc::new(client))
}
