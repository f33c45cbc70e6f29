"""Named lines."""

from rich.console import Console


def tell(lines: dict[str, str]) -> None:
    """Print named lines, the names in a column; long ones are not broken, so that paths can be copied."""
    console = Console(highlight=False, soft_wrap=True)
    for name, text in lines.items():
        console.print(f"[bold]{name:>10}[/]  ", end="")
        console.print(text, markup=False)
