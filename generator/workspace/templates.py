"""Which template a name means: the organization's own catalog first, then what ships with gitopsmith."""

from __future__ import annotations

from dataclasses import dataclass

from generator.core.errors import UserError
from generator.core.layout import Layout
from generator.core.record import BUILTIN, BUILTIN_ITEM, CATALOG, Record
from generator.core.tree import MemoryTree, Tree
from generator.templating.library import builtin_names, load_builtin
from generator.templating.template import Template
from generator.workspace.workspace import unknown


@dataclass(frozen=True)
class Named:
    """A template and the name under which a record finds it again.

    Attributes:
        reference: The name with its prefix.
        template: The template.
    """

    reference: str
    template: Template


def builtin(name: str) -> Named:
    """Return a template that ships with gitopsmith.

    Raises:
        UserError: There is none of that name.
    """
    return Named(f"{BUILTIN}{name}", load_builtin("templates", name))


def item_names(platform: Tree, layout: Layout) -> list[str]:
    """Return the sorted names of every catalog item: the organization's own and those that ship."""
    return sorted({*own_items(platform, layout), *builtin_names("catalog")})


def own_items(platform: Tree, layout: Layout) -> list[str]:
    """Return the sorted names of the items in the organization's own catalog."""
    prefix = f"{layout.catalog}/"
    return sorted(
        path.removeprefix(prefix).removesuffix("/copier.yml")
        for path in platform.under(layout.catalog)
        if path.endswith("/copier.yml") and path.count("/") == prefix.count("/") + 1
    )


def item(platform: Tree, layout: Layout, name: str) -> Named:
    """Return a catalog item: the organization's own, else the one that ships.

    Raises:
        UserError: There is none of that name.
    """
    if platform.get(f"{layout.item(name)}/copier.yml") is not None:
        return Named(f"{CATALOG}{name}", _from_tree(platform, layout.item(name), name))
    if name not in builtin_names("catalog"):
        raise unknown("catalog item", name, item_names(platform, layout))
    # It is copied into the organization's catalog together with its first use.
    return Named(f"{CATALOG}{name}", load_builtin("catalog", name))


def component_template(platform: Tree, layout: Layout, name: str) -> Named:
    """Return a catalog item that can be put on a cluster.

    Raises:
        UserError: There is none of that name, or it is a template for something else.
    """
    found = item(platform, layout, name)
    if (kind := _kind(found.template)) not in (None, "component"):
        raise UserError(
            f"The catalog item `{name}` is a template of kind `{kind}`, not one for clusters.",
            hint=f"Use it with `gitopsmith {kind} add … --template {name}`." if kind == "app" else "",
        )
    return found


def app_template(platform: Tree, layout: Layout, name: str) -> Named:
    """Return a template for apps: one of that kind in the organization's catalog, else one that ships.

    Raises:
        UserError: There is none of that name, or it is not for apps.
    """
    found = item(platform, layout, name) if name in own_items(platform, layout) else None
    if found is None and name in _shipped_app_templates():
        found = builtin(name)
    if found is None or found.template.metadata.get("kind") != "app":
        raise unknown("app template", name, app_template_names(platform, layout))
    return found


def app_template_names(platform: Tree, layout: Layout) -> list[str]:
    """Return the sorted names of the templates for apps."""
    own = [name for name in own_items(platform, layout) if _kind(item(platform, layout, name).template) == "app"]
    return sorted({*_shipped_app_templates(), *own})


def recorded(record: Record, platform: Tree | None, layout: Layout) -> Template | None:
    """Return the very template that a record was made from, or None where that version is not to be had here.

    Args:
        record: What an instance was rendered from.
        platform: The platform repository's tree, or None where it is not on this machine.
        layout: Where the organization keeps its catalog.
    """
    try:
        found = by_reference(record.template, platform, layout)
    except UserError:
        return None
    return found if found is not None and found.digest == record.digest else None


def by_reference(reference: str, platform: Tree | None, layout: Layout) -> Template | None:
    """Return the template that a record names, at whatever version is there; None where it cannot be had here.

    Raises:
        UserError: There is none of that name any more.
    """
    if reference.startswith(BUILTIN_ITEM):
        return load_builtin("catalog", reference.removeprefix(BUILTIN_ITEM))
    if reference.startswith(BUILTIN):
        return load_builtin("templates", reference.removeprefix(BUILTIN))
    if reference.startswith(CATALOG) and platform is not None:
        return item(platform, layout, reference.removeprefix(CATALOG)).template
    return None


def _shipped_app_templates() -> list[str]:
    return [name for name in builtin_names("templates") if _kind(load_builtin("templates", name)) == "app"]


def _kind(template: Template) -> object:
    return template.metadata.get("kind")


def _from_tree(tree: Tree, folder: str, name: str) -> Template:
    files = {path.removeprefix(f"{folder}/"): file for path in tree.under(folder) if (file := tree.get(path))}
    return Template.parse(MemoryTree(files), name=name)
