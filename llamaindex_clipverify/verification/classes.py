"""The detector's class of which a noun is a kind: a waiter is a person, a poodle a dog.

What is said of a waiter (that he holds a cup, that he stands on the left) is judged on people. That somebody is a waiter is not:
where there are people it stays open, and where there is nobody it is false. Only people and breeds of animals are meant: a
detector misses too many of the kayaks that are boats, and of the penguins that are birds.
"""

from __future__ import annotations

from functools import lru_cache

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.vocabulary import english

_PEOPLE = frozenset(
    word.replace("_", " ")
    for word in (
        "acrobat actor actress archer architect artisan artist astronaut athlete attendant aunt author baker ballerina "
        "banker barber bartender beggar bicyclist blacksmith boxer boyfriend bricklayer bride bridesmaid brother builder "
        "businessman businesswoman butcher camper canoeist captain carpenter cashier celebrant chauffeur cheerleader chef "
        "choir clerk climber clown coach colleague comedian commuter competitor contestant cowboy cowgirl craftsman "
        "crewman customer dancer daughter dentist diner diver dj doctor drinker driver drummer elder electrician employee "
        "engineer equestrian executive farmer father fiddler fighter fireman fisher fisherman flautist flutist friend "
        "gardener girlfriend goalie goalkeeper golfer graduate grandfather grandma grandmother grandpa grandparent groom "
        "guard guest guitarist gymnast hairdresser hiker hitchhiker homeowner horseman hostess hunter husband infant "
        "inspector instructor janitor jockey jogger journalist judge juggler kayaker knight laborer labourer lawyer "
        "librarian lifeguard lumberjack magician maid maiden manager mechanic merchant messenger midwife miner monk "
        "mother motorcyclist mountaineer musician nanny neighbor neighbour newborn newlywed nun nurse officer onlooker "
        "opponent owner painter paramedic parent parishioner participant partygoer passerby patient patron performer "
        "photographer pianist pilgrim pilot playmate plumber police_officer policeman policewoman postman preacher "
        "pregnant_woman preschooler priest prince princess prisoner protester pupil racer referee reporter rescuer rider "
        "rower sailor salesman saleswoman saxophonist schoolboy schoolchild schoolgirl scientist sculptor seamstress "
        "senior_citizen shepherd shopkeeper shopper singer sister skater skydiver snorkeler soloist son stranger student "
        "stuntman supervisor surgeon swimmer tailor teacher teammate technician teen tourist traveler traveller trumpeter "
        "twin umpire uncle vendor veteran viewer villager violinist visitor volunteer waiter waitress wakeboarder welder "
        "widow wife windsurfer woodcutter workman wrestler writer youngster"
    ).split()
)
"""Words for people; of WordNet's many are mostly used of something else (a shaker, a straight)."""
_BREEDS = ("dog", "cat", "horse")
"""Animals whose kinds look alike; of birds, that is not so."""
_PLAYERS = ("player", "rider", "worker", "climber", "officer", "driver", "skier", "surfer", "boarder")
"""Last words of compounds for people: a tennis player, a rock climber."""
_OTHER_PLAYERS = frozenset(("record", "cd", "dvd", "music", "media", "screw", "disk", "tape"))
"""First words with which they are things."""


@lru_cache(4096)
def class_of(noun: str, classes: tuple[str, ...]) -> str | None:
    """Return the class of which a noun is a kind, for people and breeds; None without one, or for a class itself."""
    if noun in classes:
        return None
    if "person" in classes and _is_person(noun):
        return "person"
    return next((one for one in classes if one in _BREEDS and english().kinds(one, (noun,))), None)


def _is_person(noun: str) -> bool:
    first, _, last = noun.rpartition(" ")
    return noun in _PEOPLE or noun == "player" or (last in _PLAYERS and bool(first) and first not in _OTHER_PLAYERS)


def as_class(claim: Claim, classes: tuple[str, ...]) -> Claim:
    """Return a claim about the classes of which its nouns are kinds; a number is then one of some of these."""
    noun = class_of(claim.noun, classes) if claim.noun else None
    reference = class_of(claim.reference, classes) if claim.reference else None
    if noun is None and reference is None:
        return claim
    known = all(one is None or one in classes for one in (noun or claim.noun, reference or claim.reference))
    return claim.swap(
        noun=noun or claim.noun,
        reference=reference or claim.reference,
        narrow=(claim.narrow or claim.noun) if noun else claim.narrow,
        of_some=claim.of_some or (noun is not None and claim.kind in ("count", "bound")),
        known=claim.known or known,
    )
