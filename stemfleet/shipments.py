"""From the shelf to a school: kits are reserved for an award, packed, shipped. The gate stands before each step."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, exists
from sqlmodel import Session, col, func, not_, or_, select

from stemfleet.catalogue import find_model
from stemfleet.errors import InputError, NotFound, Refused
from stemfleet.kits import boards_of, find_kit, move_kit, open_points
from stemfleet.paper import DeliveryNote, NoteKit, delivery_note
from stemfleet.store import Award, Kit, Offer, Person, Round, School, Shipment, Wave
from stemfleet.words import KitState, OfferState, Role
from stemfleet.workshop import Workshop


def reserve_kit(workshop: Workshop, person: Person, tag: str, school_code: str) -> Award:
    """Sets a ready kit aside for an award of the school whose units are not all reserved.

    Raises Refused when the kit may not leave or the school has no such award left; NotFound for an unknown kit.
    """
    person.must_be(Role.WAREHOUSE, Role.NSO)
    with workshop.store.write() as session:
        return _reserve(session, person, workshop, find_kit(session, tag), school_code)


def pack_kit(workshop: Workshop, person: Person, tag: str) -> None:
    """Puts a reserved kit into its box. Raises Refused when it is not reserved or may no longer leave."""
    person.must_be(Role.WAREHOUSE, Role.NSO)
    with workshop.store.write() as session:
        _pack(session, person, workshop, find_kit(session, tag))


def ship_kits(workshop: Workshop, person: Person, tags: Sequence[str], school_code: str) -> Shipment:
    """Ships kits to a school together, all or none; a ready kit is reserved and packed on the way.

    Raises Refused, naming the kit and what is open, when one of them may not leave or is not for this school;
    NotFound for an unknown kit or school; InputError for no kits at all.
    """
    person.must_be(Role.WAREHOUSE, Role.NSO)
    if not tags:
        raise InputError("Name at least one kit to ship.")
    with workshop.store.write() as session:
        shipment = Shipment(school_code=_school(session, school_code).code, person_id=person.id)
        session.add(shipment)
        session.flush()
        for tag in tags:
            kit = find_kit(session, tag)
            _bring_to_packed(session, person, workshop, kit, school_code)
            kit.shipment_id = shipment.id
            move_kit(session, person, kit, KitState.SHIPPED, school=school_code, shipment=shipment.id)
        return shipment


def print_note(workshop: Workshop, person: Person, shipment_id: int, public_url: str) -> bytes:
    """The delivery note of a shipment as PDF, to lie in the box. Raises NotFound."""
    person.must_be(Role.WAREHOUSE, Role.NSO)
    with workshop.store.read() as session:
        shipment = session.get(Shipment, shipment_id)
        if shipment is None:
            raise NotFound("There is no shipment {number}.", number=shipment_id)
        school = session.get_one(School, shipment.school_code)
        kits = session.exec(select(Kit).where(Kit.shipment_id == shipment.id).order_by(Kit.tag)).all()
        awards = session.exec(select(Award).where(col(Award.id).in_([kit.award_id for kit in kits]))).all()
        note = DeliveryNote(
            number=f"{shipment.id:05d}",
            day=shipment.shipped.astimezone(ZoneInfo("Europe/Athens")).date(),
            wave=", ".join(sorted({award.wave_code for award in awards})),
            recipient_code=school.code,
            recipient=tuple(
                filter(None, [school.name, school.university, school.address, school.postal_code, school.municipality])
            ),
            kits=tuple(_note_kit(session, workshop, kit) for kit in kits),
            url=f"{public_url}/k/{kits[0].tag}",
        )
    return delivery_note(note, made=shipment.shipped)


def _note_kit(session: Session, workshop: Workshop, kit: Kit) -> NoteKit:
    model = find_model(workshop.models, kit.model)
    return NoteKit(
        tag=kit.tag,
        title=model.title["el"],
        serials=tuple(board.id for board in boards_of(session, kit)),
        parts=tuple((part.title["el"], part.count) for part in model.parts),
    )


def list_open_awards(workshop: Workshop, model: str) -> list[tuple[Award, School, int]]:
    """(award, its recipient, units without a kit yet) of a model, the newest wave first."""
    with workshop.store.read() as session:
        awards = _open_awards(session, model)
        chosen = select(School).where(col(School.code).in_([award.school_code for award, _left in awards]))
        schools = {school.code: school for school in session.exec(chosen)}
        return [(award, schools[award.school_code], left) for award, left in awards]


def _open_awards(session: Session, model: str) -> list[tuple[Award, int]]:
    """Of waves that were drawn: a plan gives nobody a kit."""
    taken = select(func.count(col(Kit.tag))).where(Kit.award_id == Award.id).scalar_subquery()
    chosen = select(Award, taken).join(Wave, col(Wave.code) == Award.wave_code)
    chosen = chosen.where(Award.model == model, col(Wave.planning).is_(False), _may_be_sent())
    awards = session.exec(chosen.order_by(col(Wave.year).desc(), col(Award.id))).all()
    return [(award, award.units - kits) for award, kits in awards if award.units > kits]


def _may_be_sent() -> ColumnElement[bool]:
    """An award of a round needs its accepted offer. Waves replayed at once and prizes made none."""
    by_round = select(Round.wave_code).where(Round.wave_code == Award.wave_code, col(Round.replay).is_(False))
    accepted = select(Offer.id).where(
        Offer.wave_code == Award.wave_code,
        Offer.school_code == Award.school_code,
        Offer.lot == Award.lot,
        Offer.state == OfferState.ACCEPTED,
    )
    return or_(not_(exists(by_round)), exists(accepted))


def _bring_to_packed(session: Session, person: Person, workshop: Workshop, kit: Kit, school_code: str) -> None:
    if kit.school_code not in (None, school_code):
        raise Refused("Kit {tag} is reserved for school {school}.", tag=kit.tag, school=kit.school_code)
    if kit.state is KitState.READY:
        _reserve(session, person, workshop, kit, school_code)
    if kit.state is KitState.RESERVED:
        _pack(session, person, workshop, kit)
    _may_leave(session, workshop, kit, KitState.PACKED)


def _reserve(session: Session, person: Person, workshop: Workshop, kit: Kit, school_code: str) -> Award:
    _may_leave(session, workshop, kit, KitState.READY)
    school = _school(session, school_code)
    award = next((a for a, _left in _open_awards(session, kit.model) if a.school_code == school.code), None)
    if award is None:
        raise Refused("School {school} has no award of {model} without a kit.", school=school.code, model=kit.model)
    kit.award_id, kit.school_code = award.id, school.code
    move_kit(session, person, kit, KitState.RESERVED, school=school.code, wave=award.wave_code, lot=award.lot)
    return award


def _pack(session: Session, person: Person, workshop: Workshop, kit: Kit) -> None:
    _may_leave(session, workshop, kit, KitState.RESERVED)
    move_kit(session, person, kit, KitState.PACKED)


def _may_leave(session: Session, workshop: Workshop, kit: Kit, needed: KitState) -> None:
    points = open_points(session, workshop, kit)
    if points:
        raise Refused(
            "Kit {tag} may not leave: {code} ({subject}). Run it on the bench first.",
            tag=kit.tag,
            code=points[0].code,
            subject=points[0].subject,
        )
    if kit.state is not needed:
        raise Refused(
            "Kit {tag} is in the state {state}; this step needs {needed}.",
            tag=kit.tag,
            state=kit.state,
            needed=needed,
        )


def _school(session: Session, code: str) -> School:
    school = session.get(School, code)
    if school is None:
        raise NotFound("There is no school {code}.", code=code)
    return school
