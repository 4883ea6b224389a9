//! What a server takes up of its machine, read from /proc.

use std::path::Path;

/// Memory and open descriptors of a process group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Resident memory, in KiB.
    pub memory: u64,
    /// Open descriptors.
    pub descriptors: u64,
}

impl Usage {
    /// How much more it is than before.
    pub fn more_than(self, before: Self) -> Self {
        Self {
            memory: self.memory.saturating_sub(before.memory),
            descriptors: self.descriptors.saturating_sub(before.descriptors),
        }
    }

    /// The share of each of so many.
    pub fn for_each_of(self, times: u64) -> Self {
        Self { memory: self.memory / times.max(1), descriptors: self.descriptors / times.max(1) }
    }
}

/// Size of a page of memory, in KiB; that of the platforms we run on.
const PAGE: u64 = 4;

/// Of all processes of a group together; nothing where /proc does not tell.
pub fn usage(group: i32) -> Option<Usage> {
    let mut all = Usage::default();
    let mut found = false;
    for entry in std::fs::read_dir("/proc").ok()?.flatten() {
        if !entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let Some(of) = group_of(&entry.path()) else { continue };
        if of == group {
            found = true;
            let one = of_process(&entry.path());
            all.memory += one.memory;
            all.descriptors += one.descriptors;
        }
    }
    found.then_some(all)
}

/// The process group: the third field behind the name, which may hold anything and ends with the last parenthesis.
fn group_of(process: &Path) -> Option<i32> {
    let stat = std::fs::read_to_string(process.join("stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(2)?.parse().ok()
}

fn of_process(process: &Path) -> Usage {
    let statm = std::fs::read_to_string(process.join("statm")).unwrap_or_default();
    let pages: u64 = statm.split_whitespace().nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
    let descriptors = std::fs::read_dir(process.join("fd")).map_or(0, |all| all.flatten().count());
    Usage { memory: pages * PAGE, descriptors: u64::try_from(descriptors).unwrap_or(0) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn our_own_group_is_found() {
        let group = group_of(Path::new("/proc/self")).unwrap();
        let usage = usage(group).unwrap();
        assert!(usage.memory > 100 && usage.descriptors > 2, "{usage:?}");
        assert_eq!(super::usage(i32::MAX), None);
    }
}
