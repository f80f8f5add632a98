use super::*;

fn shown(source: &str) -> (String, Option<String>) {
    let shown = view(
        &Subject::new(source.as_bytes(), Some("text/xml")),
        Window::default(),
    );
    let View::Text(text) = shown.view else {
        panic!()
    };
    (text.text.plain(), shown.problem)
}

#[test]
fn elements_are_indented_and_texts_left_alone() {
    let source = "<?xml version=\"1.0\"?><!-- c --><a:b x='>'>\n<c>text &amp; &#10;more</c><d/><e> <f>1</f>mixed <g><h/></g></e><i></i><j><![CDATA[<x>]]></j></a:b>";
    assert_eq!(
        shown(source),
        (
            [
                "<?xml version=\"1.0\"?>",
                "<!-- c -->",
                "<a:b x='>'>",
                "  <c>text &amp; &#10;more</c>",
                "  <d/>",
                "  <e> <f>1</f>mixed <g><h/></g></e>",
                "  <i>",
                "  </i>",
                "  <j><![CDATA[<x>]]></j>",
                "</a:b>",
            ]
            .join("\n"),
            None
        )
    );
}

#[test]
fn an_entity_bomb_is_text() {
    let bomb = "<!DOCTYPE a [<!ENTITY b \"&a;&a;\"><!ENTITY c \"]>\">]><a>&b;</a>";
    assert_eq!(shown(bomb).1, None);
    assert!(shown(bomb).0.ends_with("<a>&b;</a>"));
}

#[test]
fn what_is_not_well_formed_is_said_with_its_place() {
    for (source, want) in [
        (
            "<a>\n <b></a>",
            "<b> is not closed by this at line 2, column 5.",
        ),
        (
            "<a></a></b>",
            "nothing is open that this could close at line 1, column 8.",
        ),
        ("<a><b/>", "<a> is not closed at line 1, column 8."),
        ("<a", "this tag has no end at line 1, column 1."),
        (
            "hello",
            "text outside of the root element at line 1, column 1.",
        ),
    ] {
        let (text, problem) = shown(source);
        assert_eq!(
            (text.as_str(), problem),
            (source, Some(format!("Not well-formed XML: {want}")))
        );
    }
    let deep = shown(&"<a>".repeat(10_000)).1.unwrap();
    assert!(deep.contains("nested deeper than 256 levels"), "{deep}");
}

#[test]
fn the_declared_charset_is_used() {
    let source = b"<?xml version='1.0' encoding='windows-1251'?><a>\xe9</a>";
    let shown = view(&Subject::new(source, None), Window::default());
    assert_eq!(shown.facts, ["windows-1251", "indented"]);
}

#[test]
fn a_long_document_shows_its_beginning() {
    let long = format!("<a>{}</a>", "<b>x</b>".repeat(100_000));
    let shown = view(
        &Subject::new(long.as_bytes(), Some("text/xml")),
        Window::default(),
    );
    assert!(shown.problem.is_none() && shown.rest.unwrap().more);
    let hostile = format!("{}{}", "<a>".repeat(200), "<b/>".repeat(60_000));
    let subject = Subject::new(hostile.as_bytes(), Some("text/xml"));
    let View::Text(text) = view(
        &Subject {
            is_cut: true,
            ..subject
        },
        Window::default(),
    )
    .view
    else {
        panic!()
    };
    assert!(text.text.plain().len() < 1_100_000);
}
