"""Labels: printed for kits that passed, and for no others."""

from collections.abc import Sequence

from stemfleet.catalogue import find_model
from stemfleet.errors import Refused
from stemfleet.kits.gate import boards_of, open_points
from stemfleet.kits.tags import find_kit
from stemfleet.paper import KitLabel, label_sheet
from stemfleet.store import Award, Person, write_history
from stemfleet.words import KitState, Role
from stemfleet.workshop import Workshop


def label_kits(workshop: Workshop, person: Person, tags: Sequence[str], public_url: str) -> bytes:
    """A sheet of labels as PDF; the QR leads to `<public_url>/k/<tag>`. Every print is in the kit's history.

    Raises Refused, naming the kit, when one of them may not leave; then none is printed.
    """
    person.must_be(Role.WAREHOUSE, Role.NSO)
    with workshop.store.write() as session:
        labels = []
        for text in tags:
            kit = find_kit(session, text)
            if kit.state is KitState.FAULTY or open_points(session, workshop, kit):
                raise Refused("Kit {tag} has not passed: no label. See its page for what is open.", tag=kit.tag)
            boards = [board.id for board in boards_of(session, kit)]
            award = session.get(Award, kit.award_id) if kit.award_id else None
            labels.append(
                KitLabel(
                    tag=kit.tag,
                    url=f"{public_url}/k/{kit.tag}",
                    title=find_model(workshop.models, kit.model).title["el"],
                    details=tuple(boards),
                    wave=award.wave_code if award else None,
                )
            )
            write_history(session, person, "kit", kit.tag, "label_printed")
        return label_sheet(labels)
