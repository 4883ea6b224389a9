//! A YAML file as a tree that knows where everything stands.

use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, Span};

use crate::scenario::Place;

/// Deepest nesting of a file.
const MAX_DEPTH: usize = 100;

/// A node and its place.
#[derive(Debug)]
pub(super) struct Tree {
    pub place: Place,
    pub node: Node,
}

/// What a node is.
#[derive(Debug)]
pub(super) enum Node {
    /// A text, number or the like: its value as text, and whether it is written as a block or in quotes.
    Scalar(String, ScalarStyle),
    List(Vec<Tree>),
    Map(Vec<(Tree, Tree)>),
}

/// Reads a file. Gives the tree, as far as there is one, and every place where YAML is used beyond plain data.
pub(super) fn read(text: &str) -> (Option<Tree>, Vec<(Place, String)>) {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        // What is no YAML at all, the reader proper reports.
        let Ok((event, span)) = event else { break };
        if builder.take(event, span).is_none() {
            break;
        }
    }
    (builder.root, builder.troubles)
}

#[derive(Default)]
struct Builder {
    open: Vec<(Place, Open)>,
    root: Option<Tree>,
    troubles: Vec<(Place, String)>,
}

enum Open {
    List(Vec<Tree>),
    Map(Vec<(Tree, Tree)>, Option<Tree>),
}

impl Builder {
    /// None when there is no going on.
    fn take(&mut self, event: Event<'_>, span: Span) -> Option<()> {
        let place = place(span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.plain_data(place, anchor, tag.is_some());
                self.add(Tree { place, node: Node::Scalar(text.into_owned(), style) });
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.plain_data(place, anchor, tag.is_some());
                self.open.push((place, Open::List(Vec::new())));
            }
            Event::MappingStart(_, anchor, tag) => {
                self.plain_data(place, anchor, tag.is_some());
                self.open.push((place, Open::Map(Vec::new(), None)));
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let (place, open) = self.open.pop()?;
                let node = match open {
                    Open::List(items) => Node::List(items),
                    Open::Map(members, _) => Node::Map(members),
                };
                self.add(Tree { place, node });
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                self.troubles.push((
                    place,
                    "a YAML alias: write the value out, so that a reader sees it where it counts".to_owned(),
                ));
                self.add(Tree { place, node: Node::Scalar(String::new(), ScalarStyle::Plain) });
            }
            _ => {}
        }
        (self.open.len() <= MAX_DEPTH).then_some(())
    }

    fn plain_data(&mut self, place: Place, anchor: usize, tagged: bool) {
        if anchor != 0 {
            self.troubles
                .push((place, "a YAML anchor: take it away and write the value out where it is used".to_owned()));
        }
        if tagged {
            self.troubles.push((place, "a YAML tag: take it away; quote the value if it is to be a text".to_owned()));
        }
    }

    fn add(&mut self, tree: Tree) {
        match self.open.last_mut() {
            None => self.root = Some(tree),
            Some((_, Open::List(items))) => items.push(tree),
            Some((_, Open::Map(members, key))) => match key.take() {
                None => *key = Some(tree),
                Some(key) => members.push((key, tree)),
            },
        }
    }
}

fn place(span: Span) -> Place {
    let (start, end) = (span.start, span.end);
    let length = if start.line() == end.line() { end.col().saturating_sub(start.col()) } else { 1 };
    Place { line: start.line(), column: start.col() + 1, length: length.max(1) }
}
