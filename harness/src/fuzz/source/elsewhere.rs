//! Stories of a task at several instances, and of others than whose it is: each is told once of each tool that begins tasks.

use super::inputs::How;
use super::moves::{Move, Step};
use super::stories::Stories;
use crate::action::Act as Operation;
use crate::revision::Era;

/// Those of a tool.
pub(super) fn stories(stories: &Stories, tool: usize) -> Vec<Vec<Step>> {
    use Move::{Begin, Cancel, Get, Later, Operate, Other, Result, Update};
    let handshake = stories.session.revision.era() == Era::Handshake;
    let mut all = Vec::new();
    if stories.others() {
        let begun = [Begin(tool).at(0), Begin(tool).at(0)];
        let asked = [Other(0, "tasks/get").at(1), Other(1, "tasks/cancel").at(0), Get(0).at(0), Get(1).at(1)];
        all.push(begun.into_iter().chain(asked).collect());
    }
    if !stories.scene.shared {
        return all;
    }
    if stories.scene.instances > 1 {
        all.push(if handshake {
            let asked = [Get(0).at(1), Get(0).at(0), Result(0).at(1), Get(0).at(0), Get(0).at(1), Result(0).at(0)];
            std::iter::once(Begin(tool).at(0)).chain(asked).collect()
        } else {
            let asked = [
                Get(0).at(1),
                Later(0).at(0),
                Get(0).at(1),
                Get(0).at(0),
                Cancel(0).at(1),
                Update(0, How::Unasked).at(1),
            ];
            std::iter::once(Begin(tool).at(0)).chain(asked).collect()
        });
        let begun = [Begin(tool).at(0), Get(0).at(1)];
        all.push(begun.into_iter().chain([Cancel(0).at(0), Get(0).at(1), Get(0).at(0), Cancel(0).at(1)]).collect());
        all.push(vec![Begin(tool).at(0), Cancel(0).at(1), Get(0).at(0), Get(0).at(1)]);
        let at_once = [Cancel(0).at(0).at_once(), Cancel(0).at(1)];
        all.push(std::iter::once(Begin(tool).at(0)).chain(at_once).chain([Get(0).at(0), Get(0).at(1)]).collect());
    }
    if stories.may_operate() {
        let ended = if handshake { Result(0) } else { Later(0) };
        for (operation, first) in [(Operation::Restart, ended), (Operation::Kill, Cancel(0)), (Operation::Kill, Get(0))]
        {
            all.push(vec![Begin(tool).at(0), first.at(0), Operate(operation).at(0), Get(0).at(0), Get(0).at(1)]);
        }
    }
    all
}
