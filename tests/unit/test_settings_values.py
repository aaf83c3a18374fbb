"""What is said about text files is understood in several ways, and checked before any is read."""

import pytest

from batchcreate.settings.values import delimiter, encoding, renaming


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("utf8", "utf-8"),
        ("UTF-8-SIG", "utf-8-sig"),
        ("GBK", "gbk"),
        ("Windows-1252", "cp1252"),
        ("Shift_JIS", "shift_jis"),
        ("utf-16", "utf-16"),
        ("cp037", "cp037"),
    ],
)
def test_encoding_has_the_name_that_python_gives_it(text: str, name: str) -> None:
    """Any alias in any case is taken."""
    assert encoding(text) == name


@pytest.mark.parametrize("text", ["", "utf-9", "hex", "rot13", "idna", "utf-7", "undefined"])
def test_other_encodings_are_refused(text: str) -> None:
    """Codecs that are not for text files are none."""
    with pytest.raises(ValueError, match=r"^give an encoding such as utf-8, gb18030"):
        encoding(text)


@pytest.mark.parametrize(
    ("text", "char"),
    [(",", ","), ("Comma", ","), ("semicolon", ";"), ("TAB", "\t"), ("\\t", "\t"), ("|", "|")],
)
def test_delimiter_is_a_character_or_its_name(text: str, char: str) -> None:
    """A tab is hard to type."""
    assert delimiter(text) == char


@pytest.mark.parametrize("text", ["", ":", ",,", "space"])
def test_other_delimiters_are_refused(text: str) -> None:
    """The four that programs write are named."""
    with pytest.raises(ValueError, match=r"^give comma, semicolon, tab or pipe$"):
        delimiter(text)


@pytest.mark.parametrize("text", ["a=b", "a = b=c", " a =b"])
def test_renaming_is_kept(text: str) -> None:
    """The last equals sign counts; whether there is such a field is looked at later."""
    assert renaming(text) == text


@pytest.mark.parametrize("text", ["", "a", "=b", "a=", " = "])
def test_half_a_renaming_is_refused(text: str) -> None:
    """Both sides are needed."""
    with pytest.raises(ValueError, match=r"^give 'Their header=task_name'$"):
        renaming(text)
