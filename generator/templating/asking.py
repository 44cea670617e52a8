"""Questions asked on a terminal, the copier way: copier itself asks them, and nothing is rendered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from generator.core.errors import UserError
from generator.templating.answers import check_keys
from generator.templating.source import read_folder
from generator.templating.template import Template


def ask(folder: Path, data: Mapping[str, object], *, trust: bool = False) -> dict[str, object]:
    """Ask a person the questions of a template that are not answered yet.

    Args:
        folder: The template's folder.
        data: The answers that are given, which are not asked for.
        trust: Whether the template's own Jinja extensions may be imported.

    Returns:
        The answers by name, in the questions' order, those that were given included and computed ones not; made for
        `resolve`.

    Raises:
        UserError: There is no terminal to ask on or its input ends, an answer that was given does not fit or fits no
            question, or the template is broken.
        KeyboardInterrupt: The person gave up.
    """
    name = folder.resolve().name
    check_keys(Template.parse(read_folder(folder), name=name), data)
    # Copier takes half a second to import; whoever is asked does not mind.
    import copier  # noqa: PLC0415
    from copier.errors import CopierError, InteractiveSessionError, UnsafeTemplateError  # noqa: PLC0415

    with TemporaryDirectory(prefix="gitopsmith-") as temporary:
        try:
            worker = copier.run_copy(
                str(folder),
                Path(temporary) / name,
                data=dict(data),
                settings=copier.Settings(),
                exclude=["*"],
                pretend=True,
                quiet=True,
                skip_tasks=True,
                unsafe=trust,
            )
        except KeyboardInterrupt:
            raise KeyboardInterrupt from None  # copier's own holds the answers, secrets included
        except InteractiveSessionError as error:
            raise UserError(
                f"{name}: the input ended before all questions were answered.",
                hint="Answer them with `--data key=value` or `--data-file`, or take the `--defaults`.",
            ) from error
        except UnsafeTemplateError as error:
            raise UserError(
                f"{name}: this template runs code of its own.", hint="Add `--trust` if you trust it."
            ) from error
        except (CopierError, ValueError, TypeError) as error:
            raise UserError(f"{name}: {error}") from error
    answers = worker.answers
    return {
        question: answers.user[question]
        for question in worker.template.questions_data
        if question in answers.user and question not in answers.hidden
    }
