"""English word lists: determiners, prepositions, auxiliaries, adjectives and other words that name no object."""

from __future__ import annotations

ARTICLES = frozenset(("a", "an", "the"))
DEFINITE = frozenset("the this that these those its his her their both".split())
DETERMINERS = ARTICLES | frozenset(
    "this that these those some another any no its his her their my your our each every many several multiple various "
    "numerous few all such what".split()
)
EXACT = frozenset(("exactly", "only", "single"))
QUANTITIES = {"couple": 2, "pair": 2, "duo": 2, "trio": 3, "quartet": 4, "dozen": 12}
"""Counting words before *of*: "a couple of dogs"."""
AMOUNTS = {"several": 3, "few": 2, "many": 3, "numerous": 3, "multiple": 2, "group": 3, "bunch": 3, "lot": 3, "lots": 3,
           "plenty": 3, "crowd": 3, "herd": 3, "flock": 3, "number": 2, "groups": 3, "rows": 3, "variety": 2}  # fmt: skip
"""Words for an inexact number, and the least number they mean."""
LARGE_NUMBERS = {"dozens": 24, "hundreds": 200, "thousands": 2000, "tens": 20, "scores": 40}
PERSONS = frozenset("nobody somebody someone everybody everyone anybody anyone".split())
"""Pronouns for persons, beside "no one"."""
LABELS = frozenset(
    "note caption answer description response title summary assistant user question image picture output".split()
)
"""Words before a colon that introduce a text."""
ADVERBS = frozenset("straight forward outdoors indoors home abroad ahead overhead".split())
"""Adverbs that are also nouns."""
PART_OF = frozenset("part some most all each any several few many half".split())
"""Words before *of* for some of several things: "some of the people"."""
SUFFIXES = tuple(
    "haired shaped sized sleeved legged faced eyed looking style colored coloured flavored flavoured themed scented "
    "patterned inspired fronted".split()
)
"""Ends of adjectives: "blonde haired", "heart-shaped"."""
COVERED = frozenset(
    "covered filled lined topped coated capped strewn dusted littered studded drenched soaked stained crusted infested rimmed "
    "trimmed draped clad fronted powered driven drawn mounted framed".split()
)
"""Participles that form an adjective with the noun before them: "snow covered", "tree lined", "horse drawn"."""
TINTED = frozenset(
    "glazed toned tinted dyed painted hued colored coloured tinged frosted lacquered coated enamelled enameled stained".split()
)
"""Ends of compounds that say which colour a thing has: "a pink-glazed doughnut"."""
PARTS = frozenset(
    "group bunch flock herd row pile stack set collection variety number lot lots plenty display arrangement batch spread "
    "crowd line kind type sort series array range cluster groups rows types kinds stacks handful selection assortment pack "
    "flight flights pairs mix combination patch bits sets strip stretch expanse length swath".split()
)
"""Words before *of* after which the next noun is the head: "a herd of elephants"."""
CONTAINERS = frozenset(
    "bowl plate cup glass bottle basket box bag jar can tray field pot mug vase bucket pitcher pile stack bouquet bunch "
    "carton container crate roll platter tub dish can carafe keg sack pouch slice sheet layer piece loaf".split()
)
"""What things are in: with *of*, they are what the sentence is about."""
PAIRED = frozenset(
    "jeans trousers pants shorts glasses sunglasses tights pliers tweezers headphones goggles binoculars pajamas "
    "leggings eyeglasses scissors overalls dungarees briefs boxers slacks chinos khakis".split()
)
"""Single objects with a plural name: a pair of them is one object."""
ROUGHLY = frozenset("about around nearly almost over approximately roughly maybe least most than to".split())
"""Words that make the next number inexact: "at least two", "more than ten"."""

BE = frozenset("is are was were isn't aren't wasn't weren't be been it's there's that's he's she's they're 're".split())
LOOK = frozenset("look looks appear appears seem seems remain remains".split())
COPULAS = BE | LOOK
PLURAL_BE = frozenset("are were aren't weren't look appear seem remain they're".split())
HARDLY = ("hardly", "barely", "scarcely")
MODALS = frozenset("can could will would may might must shall should cannot can't couldn't won't wouldn't".split())
HAVE = frozenset("has have had hasn't haven't hadn't does do did doesn't don't didn't".split())
DEGREES = frozenset(
    "all both colored coloured painted mostly bright dark light very also either completely entirely partly mainly "
    "predominantly deep pale really quite just still to be being a".split()
)
"""Words allowed between a copula and its colour."""
SHADES = frozenset(
    "vivid bright dark deep pale light soft dull muted rich vibrant warm cool brilliant faded rusty".split()
)
"""Adjectives of colours."""
PREPOSITIONS = frozenset(
    "in on at of with without near by beside behind between above below inside under over from into onto next across "
    "along around through to within beneath underneath against outside upon among for towards toward past beyond".split()
)
POSTURES = frozenset(
    "stands stand sits sit lies lie hangs hang rests rest leans floats float grows grow located placed positioned "
    "situated parked mounted perched seated standing sitting lying hanging resting".split()
)
FINITE = frozenset(
    "talks speaks kneels poses lifts bends gathers waits stares gazes laughs sings shakes digs hikes performs swings "
    "prepares examines licks chews tosses waves uses stops approaches walks runs jumps rides eats drinks plays flies "
    "swims climbs sleeps holds wears carries throws catches kicks pushes pulls reads cooks smiles grazes hits walk run "
    "jump ride eat drink play fly swim climb sleep hold wear carry throw catch kick push pull read cook smile graze "
    "dances dance surfs surf skates skate barks bark chases chase follows follow watches watch leads lead feeds feed "
    "washes wash writes write drives drive crosses cross enters enter touches touch hugs hug kisses kiss bites bite "
    "sniffs sniff points point grabs grab".split()
)
"""Verbs of actions that a picture can show."""
CAPTION_VERBS = frozenset(
    "bike lay glance chat wait work march look lean cross climb hop trot wade dive slide ski surf snowboard spin jog hike paddle "
    "embrace share inspect examine pursue tackle shoot tumble wrestle stroll relax nap scream splash stretch reach peek "
    "sink buy sell lounge huddle compete race perform gallop cling crouch squint fish sail row skateboard pedal".split()
)
"""Verbs of what captions show beside those, which the tagger often takes for nouns."""
NOT_ACTIONS = frozenset(
    "being including containing showing having depicting featuring building ceiling clothing morning evening string "
    "king ring wing thing something nothing anything everything during missing lighting setting painting".split()
)

ADJECTIVES = frozenset(
    "closest nearest chubby pudgy scrawny lanky stocky burly brawny muscular buff plump slender slim skinny shaggy "
    "baby closer further farther nearer larger smaller higher lower bigger taller shorter longer small large big tiny "
    "huge little tall short long wide young old new bright dark light pale colorful colourful modern wooden metal "
    "plastic glass leather round square empty full clean dirty beautiful cute fluffy furry happy sad busy parked open "
    "closed sliced cooked fresh ripe whole double single vintage classic shiny striped spotted plain lone first second "
    "third fourth last next different similar same other colored coloured painted giant elderly stuffed toy cartoon "
    "smiling sleeping great good nice lovely calm wonderful perfect pretty peaceful simple clear close left right upper "
    "front back middle main own certain silver beige high low blue-green multicolored tasty delicious golden-brown adult human "
    "male female domestic wild rusty broken ancient urban rural public natural elegant cozy sunny snowy flat steep "
    "narrow thick thin lit deep heavy hot cold warm cool dry wet soft hard quiet loud safe rich poor".split()
)
EMPTY = frozenset(
    "image picture photo photograph scene foreground left right side top bottom middle center centre view front back "
    "corner edge way lot number group variety couple pair bit part kind type answer question other one ones following "
    "same rest total presence context sense moment time overall atmosphere setting appearance mix color colour distance "
    "composition subject region portion ambiance ambience motion privacy area place object objects item items thing "
    "things figure figures shot example list screenshot snapshot description element elements style sides end row rows "
    "half parts pictures images photos photographs colors colours close-up closeup feature features one's "
    "litre litres liter liters gallon gallons ounce ounces kilogram kilograms gram grams pound pounds "
    "meter meters metre metres km kilometers mile miles foot inch inches minute minutes hour hours second seconds day "
    "days week weeks month months year years dollar dollars euro euros won percent degree degrees pm am o'clock score "
    "clip footage vignette".split()
)
"""Nouns for the picture itself, a position in it, or a measure: not objects."""
ITEMS = frozenset("item items object objects product products case cases unit units".split())
"""Nouns that name a thing only together with another noun: "food items"."""
IDIOMS = frozenset(
    (preposition, noun)
    for preposition, nouns in {
        "on": "foot display top board fire hand stage time",
        "in": "hand line motion front color place use shape bed size form flight turn view focus sight height general time order",
        "at": "hand home rest sea work",
        "from": "edge side top head time place",
        "to": "edge side bottom toe time place",
        "for": "sale fun lunch dinner breakfast example",
    }.items()
    for noun in nouns.split()
)
"""Preposition and noun that together name no thing."""
DENIALS = frozenset({"no", "not", "nobody", "none", "neither", "nor", "never", "without"})
"""Words by which a sentence denies something; besides these only the ending *n't*."""
NO = ("no", "none", "neither")
"""Determiners that deny what is said of their noun."""
POSSESSIVES = frozenset(("his", "her", "its", "their"))
CONSISTING = frozenset(("consist", "compose", "comprise"))
"""Verbs before what something is made up of."""
VIEWERS = frozenset(("i", "we", "you", "one"))
SEEING = frozenset("see find notice observe spot".split())
"""Verbs with which those who look at a picture say what is there: "we can see trees"."""
COLOUR_WORDS = frozenset(("color", "colour", "colors", "colours"))
MASS = frozenset(
    "water grass snow sand food luggage furniture fruit clothing ice rain fire smoke coffee tea wine milk juice bread "
    "cheese meat rice mustard ketchup salad soup sauce pasta chocolate sugar butter cream lettuce bacon pizza beer hair "
    "wool traffic jewelry mud fog".split()
)
"""Mass nouns, used without an article."""

GROUPS = frozenset("couple family pair crowd team group class band".split())
"""Nouns of several that a plural verb may follow: "a couple inspect"."""

CONJUNCTIONS = frozenset(("and", "or", "nor", "&", "plus"))
RELATIVES = frozenset(("that", "which", "who", "whose"))
FUNCTION = (
    BE
    | HAVE
    | PREPOSITIONS
    | CONJUNCTIONS
    | RELATIVES
    | frozenset(
        "can could will would may might must shall should not but so yet if then than as off out up down there here it "
        "they he she we you i them him us me whom what when where why how very more less too also just both themselves "
        "itself himself herself while although though because since during until after before whether either neither "
        "without near longer each cannot can't won't wouldn't don't let's i'm we're you're isn't like seem seems appear "
        "appears appearing seemingly indeed however nor only even still now together away apart forward likely visible "
        "present available located able due such other others another set cut put hit spread based made filled covered "
        "surrounded lit saw sees see yes no okay ok e g i.e e.g etc vs".split()
    )
)

HEDGES = frozenset(
    "might may perhaps maybe possibly probably likely presumably apparently could would should seemingly suggesting "
    "suggests suggest indicating implying unclear assumption assume impossible whether if supposedly potentially".split()
)
HEDGED_PAIRS = frozenset(
    (("i", "think"), ("i", "believe"), ("i", "guess"), ("i", "assume"), ("not", "sure"), ("as", "if"), ("as", "though"))
)
ABSENT = frozenset(("absent", "missing"))
PRESENT = frozenset("visible present shown seen there here depicted included".split())
PEOPLE_PRONOUNS = frozenset(("he", "she", "he's", "she's"))
SHOWING = frozenset(
    "show contain include depict feature see find spot notice observe display picture present capture visualize illustrate "
    "view reveal appear portray identify detect describe exist remain".split()
)
"""Verbs that state the presence of their object, or of their subject in the passive."""
COVERING = frozenset(
    "fill line adorn cover decorate furnish top load stack pack surround equip enclose dot litter strew sprinkle dust coat "
    "scatter crowd flank frame border wrap drape ring encircle circle edge hem".split()
)
"""Verbs whose passive and preposition together are a relation: "lined with"."""
