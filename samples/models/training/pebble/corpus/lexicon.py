"""Hand-written word lists of the synthetic corpus.

The lists behind keys and values that are asked for are kept apart from the lists behind filler
prose, so that no filler sentence answers a question. The order of the words matters: the generator
draws by position, so moving a word changes the corpus.
"""

# --- Names ---

FIRST_NAMES = """
    Mara Jonas Elena Victor Priya Omar Lucia Henrik Aisha Tomas Greta Ivan Noor Felix Clara Samuel
    Ingrid Mateo Yuki Daniel Rosa Peter Leila Oscar Hanna Marco Sofia Anton Wanda Kofi Emma Liam
    Olivia Noah Ava Ethan Mia Lucas Grace Henry Alice Jack Zara Simon Nadia Paul Vera Hugo Iris Leo
    Maya Karl Ruth Max Nina Otto Eva Sven Tara Ben Lena Carl Dora Erik Fiona Gavin Helen Ian Julia
    Kevin Laura Martin Nora Oliver Paula Quinn Rachel Stefan Teresa Ulrich Vivian Walter Yasmin Zoe
    Adam Bella Chloe David Esther Frank Gloria Harold Irene James Kate Linda Mark Nancy Robert Sarah
    Tim Ursula Vincent Wendy Anna John Mary Tom Bob Carol Dave Eve Sam Alex Chris Pat Jane Luke
""".split()

LAST_NAMES = """
    Olwen Hartmann Castell Brandt Okafor Silva Moreau Lindqvist Petrov Tanaka Novak Keller Rossi
    Andersen Walsh Dubois Ferrari Jensen Kowalski Larsen Meyer Nakamura Ortega Pereira Quist Romero
    Sato Turner Ulman Vance Weber Xu Young Zimmer Abbott Barlow Carver Dalton Ellis Foster Grant
    Hale Irwin Joyce Kemp Lowell Mercer Nash Osborne Parker Quill Reyes Shaw Thorne Underhill Vaughn
    Wells York Zeller Baker Carter Fisher Miller Smith Jones Brown Taylor Wilson Clark Lewis Walker
    Hall Allen Wright Scott Green Adams Nelson Hill Campbell Mitchell Roberts Phillips Evans
""".split()

CITIES = """
    Paris London Berlin Madrid Rome Oslo Stockholm Helsinki Vienna Prague Warsaw Lisbon Dublin
    Athens Tokyo Beijing Seoul Delhi Cairo Nairobi Lagos Toronto Chicago Boston Seattle Denver
    Dallas Houston Miami Atlanta Sydney Melbourne Zurich Geneva Munich Hamburg Milan Naples
    Barcelona Porto Lyon Brussels Amsterdam Copenhagen Budapest Lima Bogota Santiago Jakarta Manila
    Bangkok Singapore Dubai Istanbul Mumbai Montreal Vancouver Auckland Austin Phoenix
""".split()

CAPITALS = [
    ("France", "Paris"),
    ("Germany", "Berlin"),
    ("Spain", "Madrid"),
    ("Italy", "Rome"),
    ("Norway", "Oslo"),
    ("Sweden", "Stockholm"),
    ("Finland", "Helsinki"),
    ("Austria", "Vienna"),
    ("Poland", "Warsaw"),
    ("Portugal", "Lisbon"),
    ("Ireland", "Dublin"),
    ("Greece", "Athens"),
    ("Japan", "Tokyo"),
    ("China", "Beijing"),
    ("India", "New Delhi"),
    ("Egypt", "Cairo"),
    ("Kenya", "Nairobi"),
    ("Canada", "Ottawa"),
    ("Peru", "Lima"),
    ("Hungary", "Budapest"),
    ("Belgium", "Brussels"),
    ("Denmark", "Copenhagen"),
    ("England", "London"),
    ("Thailand", "Bangkok"),
    ("Chile", "Santiago"),
]

COMPANY_SUFFIXES = """
    Labs Works Systems Industries Foods Motors Textiles Press Energy Logistics Robotics Pharma Bank
    Media Airlines
""".split()

# --- Keys and values to be found, never used in filler prose ---

KEY_ADJECTIVES = """
    brave silent golden crimson hollow gentle frozen rapid wooden silver clever mighty distant
    secret purple scarlet amber velvet marble cosmic lunar solar royal humble fierce noble rusty
    shiny misty stormy sunny windy dusty foggy icy fiery mossy rocky sandy leafy lucky merry jolly
    sleepy grumpy dizzy witty nimble sturdy hidden ancient modern electric magnetic emerald ivory
    copper bronze turquoise indigo violet orange yellow polite curious loyal patient stubborn
    playful nervous proud shy eager lively fancy plain spicy salty bitter crispy fluffy smooth
""".split()

KEY_NOUNS = """
    comet anchor beacon canyon dragon engine falcon glacier hammer island jungle knight lagoon
    meteor nebula oracle phoenix quartz rocket saddle temple umbrella volcano wizard zeppelin arrow
    bishop cactus dolphin elm feather goblin harvest igloo jigsaw kettle lemonade magnet needle
    orchid pebble quiver raven sphinx thunder urchin vortex walnut yonder zenith acorn blossom
    castle dagger ember fountain galaxy harp ink jewel kingdom labyrinth mirror nugget oasis pyramid
    quest rainbow shadow tower unicorn vessel whisper avalanche boulder cyclone desert eclipse
    fossil granite horizon iceberg javelin kite lightning monsoon nectar obelisk prism relic spiral
    tornado vault waterfall
""".split()

SECRET_WORDS = """
    alpaca banner cannon dynamo elixir fabric gravel hazel incense jasmine kernel lantana mosaic
    noodle origami paprika quinoa ribbon saffron tapestry utopia vanilla waffle xylem yogurt zigzag
    almond biscuit cinnamon domino easel flannel ginger hickory insignia juniper karate licorice
    meringue nutmeg oatmeal pretzel quilt rosemary sesame truffle vinegar wicker yarrow zucchini
    bamboo cobalt denim enamel ferret gasket hammock jersey ketchup linen mustard nylon opal plaster
    raisin sapling tunnel varnish walrus zodiac
""".split()

CATEGORIES = {
    "animal": """
        heron otter badger lynx weasel moose bison gazelle panther lizard tortoise hamster rabbit
        beaver hyena zebra giraffe leopard ostrich penguin squirrel hedgehog donkey camel monkey
        parrot turtle wolf fox bear
    """.split(),
    "fruit": """
        mango papaya apricot cherry plum peach banana grape melon fig lime lemon kiwi guava pear
        quince coconut pineapple strawberry raspberry blueberry pomegranate tangerine nectarine
        cranberry
    """.split(),
    "instrument": """
        violin cello flute oboe clarinet trumpet trombone tuba guitar banjo mandolin piano accordion
        drum cymbal xylophone saxophone bagpipe lute harmonica bassoon viola ukulele
    """.split(),
    "vehicle": """
        tractor tram bicycle scooter motorbike truck bus taxi ferry canoe kayak yacht sailboat
        submarine helicopter glider airplane balloon train wagon sled minivan limousine
    """.split(),
    "gem": """
        ruby sapphire topaz diamond garnet jade onyx pearl agate beryl citrine amethyst peridot
        tourmaline zircon moonstone lapis malachite
    """.split(),
    "vegetable": """
        carrot potato onion garlic cabbage spinach lettuce broccoli celery radish turnip leek
        pumpkin eggplant cucumber asparagus parsnip beetroot artichoke
    """.split(),
}

# --- Filler prose ---

ROLES = """
    baker teacher farmer doctor painter sailor tailor miller carpenter gardener librarian engineer
    musician fisherman merchant shepherd potter weaver clerk nurse pilot driver cook waiter judge
    lawyer writer poet actor dancer singer student captain soldier guard hunter miner mason plumber
    porter barber chemist dentist editor florist grocer janitor butcher jeweler astronomer historian
    geologist botanist mechanic electrician photographer journalist
""".split()

PLACES = """
    market library station garden bakery bridge square school workshop mill church museum theatre
    hospital office kitchen cellar attic courtyard orchard meadow forest valley river lake beach
    road lane corner path field barn stable farm village town inn tavern hall gallery studio factory
    warehouse dock park playground cottage cabin house apartment balcony terrace rooftop basement
    hallway corridor stairway gate fence yard pond stream hillside
""".split()

OBJECTS = """
    basket ladder bucket blanket chair table bench door window wall shelf drawer box bag letter book
    notebook newspaper map picture painting photograph candle clock watch cup plate bowl spoon knife
    bottle jar pot pan oven stove broom rope chain nail saw shovel rake wheel cart coat hat scarf
    glove shoe boot shirt dress curtain carpet pillow mattress towel soap brush comb pen pencil
    paper envelope stamp parcel coin wallet purse key lock sign poster flag statue vase lamp stool
    desk cabinet suitcase backpack tent stone brick plank board wire pipe hose barrel crate
""".split()

OBJECT_ADJECTIVES = """
    old new small large heavy light broken clean dirty empty full plain round square narrow wide
    long short tall thick thin soft hard warm cold dry wet bright dark pale red blue green brown
    black white grey cheap expensive simple useful strange familiar ordinary beautiful ugly sharp
    blunt loose tight fresh faded polished painted folded worn repaired forgotten borrowed missing
    spare second favorite
""".split()

TRANSITIVE_VERBS = """
    carried repaired painted cleaned moved borrowed returned sold bought found lost dropped lifted
    opened closed covered wrapped described sketched measured counted examined inspected ignored
    noticed remembered forgot wanted needed liked kept left hid placed brought took gave washed
    dried folded packed delivered ordered collected stored replaced polished pushed pulled turned
    studied admired praised mentioned showed offered promised
""".split()

BASE_VERBS = """
    carry repair paint clean move borrow return sell buy find open close cover wrap describe measure
    count examine keep hide wash fold pack deliver order collect store replace polish
""".split()

INTRANSITIVE_VERBS = """
    waited walked rested worked slept sang laughed listened smiled talked whispered wandered stopped
    paused hesitated returned arrived left stayed lingered hurried ran sat stood dreamed thought
    complained argued agreed nodded sighed wept prayed read wrote cooked danced shivered yawned
""".split()

ADVERBS = """
    slowly quickly quietly carefully calmly gladly often rarely sometimes always never again soon
    later early late patiently happily sadly loudly softly suddenly gently firmly kindly politely
    eagerly reluctantly eventually finally usually mostly nearly almost together alone outside
    inside upstairs downstairs nearby
""".split()

ABSTRACT_NOUNS = """
    patience memory kindness silence courage hope doubt trust wisdom beauty justice freedom duty
    habit luck knowledge experience curiosity imagination attention progress change growth work rest
    travel music art science history language weather nature health friendship family education
    training planning practice discipline routine
""".split()

TIMES = [
    "in the morning",
    "in the afternoon",
    "in the evening",
    "at night",
    "at noon",
    "before sunrise",
    "after dinner",
    "during the winter",
    "during the summer",
    "last spring",
    "last autumn",
    "every week",
    "every day",
    "once a month",
    "on Monday",
    "on Tuesday",
    "on Wednesday",
    "on Thursday",
    "on Friday",
    "on Saturday",
    "on Sunday",
    "after the rain",
    "before the storm",
    "during the festival",
    "at the end of the year",
    "for many years",
    "for a few days",
    "all day long",
    "from time to time",
    "as usual",
    "without delay",
    "a long time ago",
    "just before lunch",
    "after a short break",
]

WEATHER_CLAUSES = [
    "the rain fell",
    "the wind blew",
    "the sun shone",
    "the snow melted",
    "the fog lifted",
    "the clouds gathered",
    "the sky cleared",
    "the air cooled",
    "the frost returned",
    "the leaves turned brown",
    "the days grew longer",
    "the nights grew colder",
    "the road was wet",
    "the ground was frozen",
    "the light faded",
]

CONNECTIVES = [
    "however",
    "meanwhile",
    "afterwards",
    "as a result",
    "in the end",
    "for example",
    "in other words",
    "therefore",
    "at first",
    "by contrast",
    "in general",
    "after all",
    "in fact",
    "on the other hand",
    "sooner or later",
    "of course",
    "at the same time",
    "as expected",
    "to everyone's surprise",
    "without any warning",
]

# --- Attributes of people and companies ---

FOODS = """
    soup pasta rice stew curry pizza salad bread cheese porridge dumplings pancakes omelette risotto
    lasagna tacos noodles sandwiches pie chowder
""".split()

HOBBIES = """
    chess painting cycling hiking fishing knitting swimming photography gardening sailing archery
    climbing pottery karaoke juggling
""".split()

PRODUCTS = """
    batteries bicycles boats cameras carpets chairs clocks engines furniture glass guitars keyboards
    lamps lenses mattresses mirrors phones printers robots sensors shoes software solar panels tents
    tools toys umbrellas valves watches windows
""".split()

COLORS = "red blue green yellow black white purple orange brown grey pink".split()

SUBJECTS = """
    mathematics biology chemistry physics geography literature economics philosophy astronomy
    geology
""".split()

# --- Common English, so that the tokenizer learns these words ---

COMMON_WORDS = """
    a able about above accept account across act action add address after again against age ago
    agree air all allow alone along already also although always am among amount an and animal
    another answer any anyone anything appear apply are area argue arm around arrive article as ask
    at attack author available away baby back bad ball bank base be because become bed before begin
    behavior behind believe below best better between big bill bit blood blue board body book born
    both box boy break bring brother budget build building business but buy by call camera can
    cancer candidate car card care career carry case catch cause cell center central certain chair
    challenge chance change character charge check child choice choose church citizen city civil
    claim class clear clearly close coach cold collection college color come commercial common
    community company compare computer concern condition conference consider consumer contain
    continue control cost could country couple course court cover create crime cultural culture cup
    current customer cut dark data date daughter day dead deal death debate decade decide decision
    deep defense degree democrat describe design despite detail determine develop development die
    difference different difficult dinner direction director discover discuss discussion disease do
    doctor dog door down draw dream drive drop drug during each early east easy eat economic economy
    edge education effect effort eight either election else employee end energy enjoy enough enter
    entire environment especially establish even evening event ever every everybody everyone
    everything evidence exactly example executive exist expect experience expert explain eye face
    fact factor fail fall family far fast father fear federal feel feeling few field fight figure
    fill film final finally financial find fine finger finish fire firm first fish five floor fly
    focus follow food foot for force foreign forget form former forward four free friend from front
    full fund future game garden gas general generation get girl give glass go goal good government
    great green ground group grow growth guess gun guy hair half hand hang happen happy hard have he
    head health hear heart heat heavy help her here herself high him himself his history hit hold
    home hope hospital hot hotel hour house how however huge human hundred husband I idea identify
    if image imagine impact important improve in include increase indeed indicate individual
    industry information inside instead institution interest interesting international interview
    into investment involve issue it item its itself job join just keep key kid kill kind kitchen
    know knowledge land language large last late later laugh law lawyer lay lead leader learn least
    leave left leg legal less let letter level lie life light like likely line list listen little
    live local long look lose loss lot love low machine magazine main maintain major majority make
    man manage management manager many market marriage material matter may maybe me mean measure
    media medical meet meeting member memory mention message method middle might military million
    mind minute miss mission model modern moment money month more morning most mother mouth move
    movement movie much music must my myself name nation national natural nature near nearly
    necessary need network never new news newspaper next nice night no none nor north not note
    nothing notice now number occur of off offer office officer official often oh oil ok old on once
    one only onto open operation opportunity option or order organization other others our out
    outside over own owner page pain painting paper parent part participant particular partner party
    pass past patient pattern pay peace people per perform performance perhaps period person
    personal phone physical pick picture piece place plan plant play player please point police
    policy political poor popular population position positive possible power practice prepare
    present president pressure pretty prevent price private probably problem process produce product
    production professional professor program project property protect prove provide public pull
    purpose push put quality question quickly quite race radio raise range rate rather reach read
    ready real reality realize really reason receive recent recently recognize record red reduce
    reflect region relate relationship religious remain remember remove report represent require
    research resource respond response responsibility rest result return reveal rich right rise risk
    road rock role room rule run safe same save say scene school science scientist score sea season
    seat second section security see seek seem sell send senior sense series serious serve service
    set seven several shake share she shoot short shot should shoulder show side sign significant
    similar simple simply since sing single sister sit site situation six size skill skin small
    smile so social society soldier some somebody someone something sometimes son song soon sort
    sound source south southern space speak special specific speech spend sport spring staff stage
    stand standard star start state statement station stay step still stock stop store story
    strategy street strong structure student study stuff style subject success successful such
    suddenly suffer suggest summer support sure surface system table take talk task tax teach
    teacher team technology television tell ten tend term test than thank that the their them
    themselves then theory there these they thing think third this those though thought thousand
    threat three through throughout throw thus time to today together tonight too top total tough
    toward town trade traditional training travel treat treatment tree trial trip trouble true truth
    try turn two type under understand unit until up upon us use usually value various very victim
    view violence visit voice vote wait walk wall want war watch water way we weapon wear week
    weight well west western what whatever when where whether which while white who whole whom whose
    why wide wife will win wind window wish with within without woman wonder word work worker world
    worry would write writer wrong yard yeah year yes yet you young your yourself
""".split()
