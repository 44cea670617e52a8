"""Plans by law: idempotent, blind to no hand edit, at home in its own instance, the same each time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from generator.core.change import ChangedTree
from generator.core.errors import UserError
from generator.core.intents import AddInstance, InstanceIntent, RemoveInstance
from generator.core.layout import Layout, owned
from generator.core.plan import Plan, plan_instances
from generator.core.record import Record
from generator.core.tree import EXECUTABLE, File, MemoryTree, Tree, as_memory

LAYOUT = Layout()
CLUSTER = LAYOUT.cluster_place("prod")
COMPONENT = LAYOUT.component_place("prod", "loki")
OTHER = LAYOUT.cluster_place("prod2")
HOME = CLUSTER.destination

PATHS = [f"{HOME}/{name}" for name in ("a.yaml", "b/c.yaml", "b", "b/d/e", "z")]
OUTSIDE = {
    "README.md": File(b"mine"),
    f"{HOME}2/registry.yaml": File(b"other"),
    OTHER.record: File(Record("builtin:cluster", "other").dump()),
    f"{COMPONENT.destination}/application.yaml": File(b"loki"),
    COMPONENT.record: File(Record("catalog:loki", "loki").dump()),
}

file = st.sampled_from([File(b"1\n"), File(b"2\n"), File(b"3\n"), File(b"1\n", EXECUTABLE)])
records = st.sampled_from(["1", "2", "3"]).map(lambda digest: File(Record("builtin:cluster", digest).dump()))


def stands(files: Mapping[str, File]) -> bool:
    """Whether no file stands where another needs a folder."""
    return not any(path.startswith(f"{other}/") for path in files for other in files)


rendered = st.dictionaries(st.sampled_from(PATHS), file, max_size=4).filter(stands)


def rendered_by(intent: InstanceIntent) -> Mapping[str, File]:
    return intent.files if isinstance(intent, AddInstance) else {}


def contents(tree: Tree) -> dict[str, File]:
    return {path: found for path in tree.under("") if (found := tree.get(path))}


@dataclass(frozen=True)
class Case:
    """What the templates rendered before, what people made of it, and what should be true now."""

    pristine: MemoryTree
    main: MemoryTree
    instance: InstanceIntent

    def plan(self, *, force: bool = False) -> Plan:
        return plan_instances(self.main, self.pristine, LAYOUT, [self.instance], force=force)

    def after(self, plan: Plan) -> tuple[MemoryTree, MemoryTree]:
        return (
            as_memory(ChangedTree(self.main, plan.main)),
            as_memory(ChangedTree(self.pristine, plan.pristine)),
        )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    before = draw(rendered)
    ours = {
        path: kept
        for path in PATHS
        if (kept := draw(st.sampled_from([before.get(path), before.get(path), None]) | file)) is not None
    }
    assume(stands(ours))
    now = draw(st.just(before) | rendered)
    added = AddInstance(CLUSTER, {**now, CLUSTER.record: draw(records)})
    old = draw(records)
    recorded_before, recorded = draw(st.sampled_from([(True, True), (True, True), (True, False), (False, False)]))
    if not recorded_before:
        before = {}
    wanted: list[InstanceIntent] = [added, RemoveInstance(CLUSTER)]
    return Case(
        MemoryTree({**OUTSIDE, **before, **({CLUSTER.record: old} if recorded_before else {})}),
        MemoryTree({**OUTSIDE, **ours, **({CLUSTER.record: old} if recorded else {})}),
        draw(st.sampled_from(wanted)),
    )


def plan_if_free(case: Case) -> Plan:
    try:
        return case.plan()
    except UserError:
        assume(False)
        raise


@settings(max_examples=200)
@given(cases(), st.booleans())
def test_law_2_what_is_applied_is_not_planned_again(case: Case, force: bool) -> None:
    main, pristine = case.after(case.plan(force=True) if force else plan_if_free(case))
    again = plan_instances(main, pristine, LAYOUT, [case.instance], force=force)
    assert again == Plan({}, {}, ())


@settings(max_examples=200)
@given(cases())
def test_law_4_a_hand_edit_is_never_lost(case: Case) -> None:
    plan = plan_if_free(case)
    main, _ = case.after(plan)
    assert plan.overridden == ()
    for path in {*case.main.under(""), *PATHS}:
        ours, base = case.main.get(path), case.pristine.get(path)
        if main.get(path) != ours:
            assert ours in (base, None), path
            assert ours is not None or base is None or case.main.get(CLUSTER.record) is None, path


@settings(max_examples=200)
@given(cases())
def test_law_4_what_force_lets_go_is_named(case: Case) -> None:
    plan = case.plan(force=True)
    main, _ = case.after(plan)
    lost = {
        path
        for path in case.main.under("")
        if main.get(path) != case.main.get(path) and case.main.get(path) != case.pristine.get(path)
    }
    assert lost <= set(plan.overridden)
    if not plan.overridden:
        assert plan == case.plan()
    else:
        with pytest.raises(UserError, match="Edited by hand") as refused:
            case.plan()
        assert all(f"\n  {path}" in refused.value.message for path in plan.overridden)


@settings(max_examples=200)
@given(cases())
def test_law_4_nothing_outside_of_the_instance_is_touched(case: Case) -> None:
    plan = case.plan(force=True)
    places = LAYOUT.places([*case.main.under(""), *case.pristine.under("")])
    for edits in (plan.main, plan.pristine):
        assert owned(CLUSTER, places, edits) == tuple(edits)
    main, _ = case.after(plan)
    assert OUTSIDE.items() <= contents(main).items()


@settings(max_examples=200)
@given(cases())
def test_the_result_can_stand_on_a_disk(case: Case) -> None:
    main, pristine = case.after(case.plan(force=True))
    assert stands(contents(main))
    assert stands(contents(pristine))


@given(cases())
def test_the_pristine_branch_holds_what_the_templates_alone_produce(case: Case) -> None:
    _, pristine = case.after(case.plan(force=True))
    assert contents(pristine) == {**OUTSIDE, **rendered_by(case.instance)}


@given(cases())
def test_what_only_templates_changed_follows_them(case: Case) -> None:
    unedited = Case(case.pristine, case.pristine, case.instance)
    main, pristine = unedited.after(unedited.plan())
    assert main == pristine


@given(cases())
def test_law_7_the_same_input_gives_the_same_plan(case: Case) -> None:
    other_order: InstanceIntent = case.instance
    if isinstance(case.instance, AddInstance):
        other_order = AddInstance(CLUSTER, dict(reversed(list(case.instance.files.items()))))
    one, other = case.plan(force=True), Case(case.pristine, case.main, other_order).plan(force=True)
    assert list(one.main.items()) == list(other.main.items()) == sorted(one.main.items())
    assert list(one.pristine.items()) == list(other.pristine.items())
    assert one.overridden == other.overridden


RECORD = File(Record("builtin:cluster", "1").dump())


def cluster(files: Mapping[str, bytes]) -> AddInstance:
    return AddInstance(
        CLUSTER, {f"{HOME}/{name}": File(data) for name, data in files.items()} | {CLUSTER.record: RECORD}
    )


def tree(instance: AddInstance, **changes: bytes | None) -> MemoryTree:
    """A repository that holds an instance, with files at its top changed by hand."""
    edits = {f"{HOME}/{name}": None if data is None else File(data) for name, data in changes.items()}
    return as_memory(ChangedTree(MemoryTree(instance.files), edits))


def test_an_instance_is_added_as_it_was_rendered() -> None:
    new = cluster({"a": b"1"})
    plan = plan_instances(MemoryTree(), MemoryTree(), LAYOUT, [new])
    assert plan.main == plan.pristine == new.files


def test_an_edited_file_stays_where_its_template_did_not_change() -> None:
    was, now = cluster({"a": b"1", "b": b"1"}), cluster({"a": b"1", "b": b"2"})
    plan = plan_instances(tree(was, a=b"mine"), MemoryTree(was.files), LAYOUT, [now])
    assert plan.main == plan.pristine == {f"{HOME}/b": File(b"2")}


def test_a_removed_file_stays_removed_where_its_template_did_not_change() -> None:
    was = cluster({"a": b"1"})
    assert plan_instances(tree(was, a=None), MemoryTree(was.files), LAYOUT, [was]) == Plan({}, {})


@pytest.mark.parametrize("ours", [b"mine", None])
def test_a_file_that_people_and_templates_changed_is_in_the_way(ours: bytes | None) -> None:
    was, now = cluster({"a": b"1", "b": b"1"}), cluster({"a": b"2", "b": b"2"})
    main = tree(was, a=ours)
    with pytest.raises(UserError, match=rf"Edited by hand.*:\n  {HOME}/a\n") as refused:
        plan_instances(main, MemoryTree(was.files), LAYOUT, [now])
    assert "--force" in refused.value.hint
    forced = plan_instances(main, MemoryTree(was.files), LAYOUT, [now], force=True)
    assert forced.main[f"{HOME}/a"] == File(b"2")
    assert forced.overridden == (f"{HOME}/a",)


def test_the_same_edit_by_people_and_templates_is_no_conflict() -> None:
    was, now = cluster({"a": b"1"}), cluster({"a": b"2"})
    plan = plan_instances(tree(was, a=b"2"), MemoryTree(was.files), LAYOUT, [now])
    assert plan.main == {}
    assert plan.pristine == {f"{HOME}/a": File(b"2")}


def test_a_file_that_people_made_first_is_in_the_way() -> None:
    was, now = cluster({}), cluster({"a": b"template"})
    with pytest.raises(UserError, match=f"{HOME}/a"):
        plan_instances(tree(was, a=b"mine"), MemoryTree(was.files), LAYOUT, [now])


def test_what_goes_takes_no_file_of_people_with_it() -> None:
    was = cluster({"a": b"1"})
    with pytest.raises(UserError, match=f"{HOME}/notes"):
        plan_instances(tree(was, notes=b"mine"), MemoryTree(was.files), LAYOUT, [RemoveInstance(CLUSTER)])
    plan = plan_instances(tree(was), MemoryTree(was.files), LAYOUT, [RemoveInstance(CLUSTER)])
    assert plan.main == plan.pristine == dict.fromkeys(sorted(was.files))


def test_what_people_removed_with_its_record_can_be_added_again() -> None:
    was = cluster({"a": b"1"})
    plan = plan_instances(MemoryTree(), MemoryTree(was.files), LAYOUT, [was])
    assert plan.main == was.files
    assert plan.pristine == {}


@pytest.mark.parametrize(("mine", "theirs"), [("a/notes", "a"), ("a", "a/values.yaml"), ("a", "a/b/c")])
def test_a_file_where_a_folder_must_be_is_in_the_way(mine: str, theirs: str) -> None:
    was, now = cluster({}), cluster({theirs: b"template"})
    main = MemoryTree({**was.files, f"{HOME}/{mine}": File(b"mine")})
    with pytest.raises(UserError, match=rf"Edited by hand.*:\n  {HOME}/{mine}\n"):
        plan_instances(main, MemoryTree(was.files), LAYOUT, [now])
    forced = plan_instances(main, MemoryTree(was.files), LAYOUT, [now], force=True)
    assert forced.main == {f"{HOME}/{mine}": None, f"{HOME}/{theirs}": File(b"template")}
    assert forced.overridden == (f"{HOME}/{mine}",)


@pytest.mark.parametrize(("before", "after"), [("a", "a/b"), ("a/b", "a")])
def test_a_template_may_make_a_folder_of_a_file(before: str, after: str) -> None:
    was, now = cluster({before: b"1"}), cluster({after: b"1"})
    plan = plan_instances(tree(was), MemoryTree(was.files), LAYOUT, [now])
    assert plan.main == {f"{HOME}/{before}": None, f"{HOME}/{after}": File(b"1")}


@pytest.mark.parametrize(
    "path", ["README.md", f"{HOME}2/a", f"{COMPONENT.destination}/a", ".gitopsmith/x", COMPONENT.record]
)
def test_a_template_that_leaves_its_place_is_refused(path: str) -> None:
    stray = AddInstance(CLUSTER, {CLUSTER.record: RECORD, path: File(b"x")})
    with pytest.raises(UserError, match=rf"outside of its place: {path}") as refused:
        plan_instances(MemoryTree(OUTSIDE), MemoryTree(OUTSIDE), LAYOUT, [stray])
    assert f"{HOME}/" in refused.value.hint


def test_an_instance_that_comes_along_has_its_place_to_itself() -> None:
    component = AddInstance(COMPONENT, {COMPONENT.record: File(Record("catalog:loki", "1").dump())})
    stray = cluster({"components/loki/a": b"x"})
    for together in ([stray, component], [component, stray]):
        with pytest.raises(UserError, match="outside of its place"):
            plan_instances(MemoryTree(), MemoryTree(), LAYOUT, together)


def test_instances_of_one_plan_do_not_disturb_each_other() -> None:
    component = AddInstance(COMPONENT, {f"{COMPONENT.destination}/a": File(b"1"), COMPONENT.record: RECORD})
    both = [cluster({"a": b"1"}), component]
    plan = plan_instances(MemoryTree(), MemoryTree(), LAYOUT, both)
    assert plan.main == {**both[0].files, **component.files}
    gone = plan_instances(MemoryTree(plan.main), MemoryTree(plan.pristine), LAYOUT, [RemoveInstance(CLUSTER)])  # type: ignore[arg-type]
    assert list(gone.main) == sorted(both[0].files)


def test_a_broken_record_is_named() -> None:
    main = MemoryTree({CLUSTER.record: File(b"[")})
    with pytest.raises(UserError, match=CLUSTER.record):
        plan_instances(main, MemoryTree(), LAYOUT, [cluster({})])
