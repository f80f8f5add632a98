//! A day of captures that is over, beside nodes that serve: the sweeper looks once a minute.

use serde_json::json;

use super::{Nodes, roomy};
use crate::support::{LONGEST, eventually_within, postgres};

/// Ten days go by for all that has come, but a bin goes on being used.
fn age(database: &str, used: &str) {
    let sql = format!(
        "DO $$ DECLARE old INTEGER := (SELECT max(day) FROM captures) - 10;
         BEGIN
           EXECUTE format('CREATE TABLE captures_%s (LIKE captures INCLUDING DEFAULTS INCLUDING STORAGE, PRIMARY KEY (serial, n))', old);
           EXECUTE format('ALTER TABLE captures ATTACH PARTITION captures_%s FOR VALUES FROM (%s) TO (%s)', old, old, old + 1);
           UPDATE captures SET day = old WHERE day > 0;
           UPDATE bins SET created_at = created_at - 864000000000, last_capture_at = last_capture_at - 864000000000,
             active_day = active_day - 10 WHERE encode(id, 'hex') <> '{used}';
         END $$"
    );
    postgres::shared().sql(database, &sql);
}

#[test]
fn a_day_that_is_over_ends_beside_nodes_that_serve() {
    let cluster = postgres::shared();
    let url = cluster.database();
    let database = url.rsplit('/').next().unwrap();
    let nodes = Nodes::over(&url, 2);
    let [a, b] = &nodes.servers[..] else {
        unreachable!()
    };
    let (left, used) = (a.bin(), roomy(b));
    for n in 1..=5 {
        assert_eq!(a.post(&left, "", b"left"), n);
        assert_eq!(b.post(&used, "", format!("body {n}").as_bytes()), n);
    }
    let pin = format!("/bins/{}/captures/2", used.id);
    let (status, answer) = a.api(
        "PATCH",
        &pin,
        Some(&used.key),
        Some(&json!({"pinned": true})),
    );
    assert_eq!(status, 200, "{answer}");
    age(database, &used.id);

    let days = "SELECT count(*) FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'captures'::regclass";
    assert_eq!(cluster.sql(database, days), "6");
    let mut last = 5;
    let ended = eventually_within(LONGEST, || {
        for node in [a, b] {
            last += 1;
            assert_eq!(
                node.post(&used, "", format!("body {last}").as_bytes()),
                last
            );
        }
        (cluster.sql(database, days) == "5").then_some(())
    });
    ended.expect("the day ends");

    for node in [a, b] {
        assert_eq!(node.show(&used)["captures"], last);
        let captures = node.captures(&used);
        for (n, capture) in (1..).zip(&captures) {
            assert_eq!(
                (&capture["n"], &capture["pinned"]),
                (&json!(n), &json!(n == 2))
            );
            assert_eq!(node.body(&used, n), format!("body {n}").as_bytes());
        }
        assert_eq!(captures.len(), 200);
        let gone = node.request("POST", &format!("/{}", left.id), &[], b"late");
        assert_eq!(gone.status, 410);
    }
    // What came to the bin that ended went with its day.
    let rest = format!(
        "SELECT count(*) FROM captures JOIN bins ON bins.serial = captures.serial WHERE encode(id, 'hex') = '{}'",
        left.id
    );
    assert_eq!(cluster.sql(database, &rest), "0");
}
