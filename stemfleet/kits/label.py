"""Labels: printed for kits that passed, for those that their schools have from earlier waves, and for no others."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from stemfleet.catalogue import find_model
from stemfleet.errors import Refused
from stemfleet.kits.gate import Gate, boards_of, gate_of
from stemfleet.kits.tags import find_kit
from stemfleet.paper import KitLabel, label_sheet
from stemfleet.store import Award, Kit, KitReport, Person, write_history
from stemfleet.words import KitState, Role
from stemfleet.workshop import Workshop

# Of these a label would say that all is well.
_OUT_OF_USE = {KitState.FAULTY, KitState.IN_REPAIR, KitState.REPLACED, KitState.LOST, KitState.RETIRED}
_WAIVED = "Με παράκαμψη ελέγχου"  # stands on the label of a kit whose gate was overridden

_LEGACY = "Από προηγούμενο κύκλο"  # a kit that is at its school already: nobody here tested it


def label_kits(workshop: Workshop, person: Person, tags: Sequence[str], public_url: str) -> bytes:
    """A sheet of labels as PDF; the QR leads to `<public_url>/k/<tag>`. Every print is in the kit's history.

    Raises Refused, naming the kit, when one of them may not leave; then none is printed.
    """
    person.must_be(Role.WAREHOUSE, Role.NSO)
    with workshop.store.write() as session:
        labels = []
        for text in tags:
            kit = find_kit(session, text)
            gate = gate_of(session, workshop, kit)
            if gate.open and not kit.legacy:
                raise Refused("Kit {tag} has not passed: no label. See its page for what is open.", tag=kit.tag)
            if kit.state is KitState.FAULTY and _is_reported_broken(session, kit):
                raise Refused(
                    "Kit {tag} was reported broken by its school: no label until it is repaired.", tag=kit.tag
                )
            if kit.state in _OUT_OF_USE:
                raise Refused("Kit {tag} is in the state {state}: no label.", tag=kit.tag, state=kit.state)
            boards = [board.id for board in boards_of(session, kit)]
            award = session.get(Award, kit.award_id) if kit.award_id else None
            labels.append(
                KitLabel(
                    tag=kit.tag,
                    url=f"{public_url}/k/{kit.tag}",
                    title=find_model(workshop.models, kit.model).title["el"],
                    details=(*_marks(kit, gate), *boards),
                    wave=award.wave_code if award else None,
                )
            )
            write_history(session, person, "kit", kit.tag, "label_printed")
        return label_sheet(labels)


def _marks(kit: Kit, gate: Gate) -> list[str]:
    return [*([_WAIVED] if gate.waived else []), *([_LEGACY] if kit.legacy else [])]


def _is_reported_broken(session: Session, kit: Kit) -> bool:
    newest = select(KitReport).where(KitReport.kit_tag == kit.tag).order_by(col(KitReport.id).desc()).limit(1)
    report = session.exec(newest).first()
    return report is not None and not report.works
