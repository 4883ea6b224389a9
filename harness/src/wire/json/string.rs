//! Strings as they are spelled: escapes to UTF-16 code units and back, without loss.

/// The UTF-16 code units that a JSON string stands for, lone surrogates kept. `raw` is the string as on the wire, with
/// its quotes; `None` if it is not one.
pub fn string_units(raw: &str) -> Option<Vec<u16>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    let mut units = Vec::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        if char == '"' || char < ' ' {
            return None;
        }
        if char != '\\' {
            units.extend_from_slice(char.encode_utf16(&mut [0; 2]));
            continue;
        }
        let unit = match chars.next()? {
            'u' => {
                let mut unit = 0;
                for _ in 0..4 {
                    unit = unit * 16 + chars.next()?.to_digit(16)?;
                }
                u16::try_from(unit).ok()?
            }
            other => u16::from(simple_escape(u8::try_from(other).ok()?)?),
        };
        units.push(unit);
    }
    Some(units)
}

/// The character that a one-letter escape stands for.
pub(super) fn simple_escape(letter: u8) -> Option<u8> {
    Some(match letter {
        b'"' | b'\\' | b'/' => letter,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        _ => return None,
    })
}

/// Appends the `\u` escape of one code unit.
pub(in crate::wire) fn write_unit(out: &mut String, unit: u16) {
    out.push_str("\\u");
    for shift in [12, 8, 4, 0] {
        let digit = u32::from((unit >> shift) & 0xf);
        out.push(char::from_digit(digit, 16).unwrap_or('0'));
    }
}
