"""The pieces of art of each iconify set: noun, icon, pixels that take a tint, natural colour and edit (see `Piece`)."""

from __future__ import annotations

FLUENT = """
person|person-standing
person|woman-walking
bicycle|bicycle|345
car|automobile|0
car|sport-utility-vehicle|215
motorcycle|motorcycle|345
motorcycle|motor-scooter|345
airplane|airplane
airplane|small-airplane|345
bus|bus
bus|oncoming-bus
train|train
train|locomotive
truck|delivery-truck
truck|articulated-lorry
boat|sailboat|||-00A6ED
boat|speedboat|25||-00A6ED
traffic light|vertical-traffic-light
traffic light|horizontal-traffic-light
stop sign|stop-sign||red
bird|bird||red
bird|parrot
cat|cat
cat|cat-face
dog|dog
dog|dog-face
horse|horse
horse|horse-face
sheep|ewe
cow|cow
cow|cow-face
elephant|elephant
bear|bear
zebra|zebra
giraffe|giraffe
backpack|backpack|0
umbrella|umbrella|265
umbrella|closed-umbrella|265
handbag|handbag
tie|necktie|250||+433B6B
skis|skis
kite|kite
skateboard|skateboard|250
bottle|bottle-with-popping-cork||green|-E19747,FEEFC2,FFDEA7
bottle|lotion-bottle|10
wine glass|wine-glass
cup|hot-beverage
fork|fork-and-knife|||left
knife|kitchen-knife
knife|fork-and-knife|||right
spoon|spoon
bowl|steaming-bowl|345 0||-E39D89,FCD53F
banana|banana||yellow
apple|red-apple||red
apple|green-apple||green
sandwich|sandwich
orange|tangerine||orange
broccoli|broccoli||green
carrot|carrot||orange
hot dog|hot-dog
pizza|pizza
donut|doughnut
cake|birthday-cake
cake|shortcake
chair|chair
couch|couch-and-lamp|225||-9B9B9B,FFB02E
potted plant|potted-plant
bed|bed
toilet|toilet
tv|television
laptop|laptop
mouse|computer-mouse
keyboard|keyboard
cell phone|mobile-phone
book|closed-book|340
book|open-book
clock|alarm-clock
clock|one-oclock
scissors|scissors|0
teddy bear|teddy-bear
toothbrush|toothbrush|0
"""

OPENMOJI = """
person|person-standing
person|woman-walking
bicycle|bicycle|main
car|automobile|main
car|sport-utility-vehicle|main
motorcycle|motorcycle|main
motorcycle|motor-scooter|main
airplane|airplane
airplane|small-airplane|main
bus|bus
bus|oncoming-bus
train|train
train|locomotive
truck|delivery-truck
truck|articulated-lorry
boat|sailboat
boat|speedboat
traffic light|vertical-traffic-light
traffic light|horizontal-traffic-light
stop sign|stop-sign||red
bird|bird
bird|parrot
cat|cat
cat|cat-face
dog|dog
dog|dog-face
horse|horse
horse|horse-face
sheep|ewe
cow|cow
cow|cow-face
elephant|elephant
bear|bear
zebra|zebra
giraffe|giraffe
backpack|backpack|main
umbrella|umbrella
umbrella|closed-umbrella
handbag|handbag
tie|necktie
skis|skis
kite|kite
skateboard|skateboard|main
bottle|bottle-with-popping-cork
bottle|lotion-bottle|main
wine glass|wine-glass
cup|hot-beverage
fork|fork-and-knife|||right
knife|kitchen-knife
knife|fork-and-knife|||left
spoon|spoon
bowl|steaming-bowl|main
banana|banana||yellow
apple|red-apple||red
apple|green-apple||green
sandwich|sandwich
orange|tangerine||orange
broccoli|broccoli||green
carrot|carrot||orange
hot dog|hot-dog
pizza|pizza
donut|doughnut
cake|birthday-cake
cake|shortcake
chair|chair
couch|couch-and-lamp|main
potted plant|potted-plant
bed|bed
toilet|toilet
tv|television
laptop|laptop
mouse|computer-mouse
keyboard|keyboard
cell phone|mobile-phone
book|closed-book|main
book|open-book
clock|alarm-clock
clock|one-oclock
scissors|scissors|main
teddy bear|teddy-bear
toothbrush|toothbrush|main
"""

EMOJIONE = """
person|person-walking
bicycle|bicycle|main
car|automobile|main
car|sport-utility-vehicle|main
motorcycle|motor-scooter|main
airplane|airplane
airplane|small-airplane|main
bus|bus
bus|oncoming-bus
train|train
train|locomotive
truck|delivery-truck
truck|articulated-lorry
boat|sailboat
traffic light|vertical-traffic-light
traffic light|horizontal-traffic-light
stop sign|stop-sign||red
bird|bird||blue
cat|cat
cat|cat-face
dog|dog
dog|dog-face
horse|horse
horse|horse-face
sheep|ewe
cow|cow
cow|cow-face
elephant|elephant
bear|bear
backpack|backpack|main
umbrella|umbrella
umbrella|closed-umbrella|main
handbag|handbag
tie|necktie|main
skis|skis
bottle|bottle-with-popping-cork
wine glass|wine-glass
cup|hot-beverage
knife|kitchen-knife
spoon|spoon
bowl|steaming-bowl
banana|banana||yellow
apple|red-apple||red
apple|green-apple||green
orange|tangerine||orange
carrot|carrot||orange
hot dog|hot-dog
pizza|pizza
donut|doughnut
cake|birthday-cake
cake|shortcake
couch|couch-and-lamp|main
bed|bed
toilet|toilet
tv|television
laptop|laptop
mouse|computer-mouse
keyboard|keyboard
cell phone|mobile-phone
book|closed-book|main
book|open-book
clock|alarm-clock
clock|one-oclock
scissors|scissors
"""

NOTO_V1 = """
person|woman-walking
bicycle|bicycle|main
car|automobile|main
car|sport-utility-vehicle|main
motorcycle|motorcycle|main
motorcycle|motor-scooter|main
airplane|airplane
airplane|small-airplane|main
bus|bus
bus|oncoming-bus
train|train
train|locomotive
truck|delivery-truck
truck|articulated-lorry
boat|sailboat
traffic light|vertical-traffic-light
traffic light|horizontal-traffic-light
stop sign|stop-sign||red
bird|bird||blue
cat|cat
cat|cat-face
dog|dog
dog|dog-face
horse|horse
horse|horse-face
sheep|ewe
cow|cow
cow|cow-face
elephant|elephant
bear|bear
backpack|backpack|main
umbrella|umbrella|main
umbrella|closed-umbrella|main
handbag|handbag
tie|necktie|main
skis|skis
bottle|bottle-with-popping-cork
wine glass|wine-glass
cup|hot-beverage
fork|fork-and-knife|||left
knife|kitchen-knife
knife|fork-and-knife|||right
spoon|spoon
bowl|steaming-bowl
banana|banana||yellow
apple|red-apple||red
apple|green-apple||green
orange|tangerine||orange
carrot|carrot||orange
hot dog|hot-dog
pizza|pizza
donut|doughnut
cake|birthday-cake
cake|shortcake
couch|couch-and-lamp|main
bed|bed
toilet|toilet
tv|television
mouse|computer-mouse
keyboard|keyboard
cell phone|mobile-phone
book|closed-book|main
book|open-book
clock|alarm-clock
clock|one-oclock
scissors|scissors|main
"""

FXEMOJI = """
person|walking
bicycle|bicycle|main
car|automobile|main
car|recreationalvehicle|main
motorcycle|motorcycle|main
airplane|airplane
bus|bus|main
train|highspeedtrain|main
train|train
truck|deliverytruck|main
truck|articulatedlorry|main
boat|sailboat
boat|speedboat
traffic light|verticaltrafficlight
traffic light|horizontaltrafficlight
bird|bird
cat|cat
cat|catside
dog|dog
dog|dogside
horse|horse
horse|horseface
sheep|sheep
cow|cow
cow|cowface
elephant|elephant
bear|bear
handbag|handbag|main
tie|tie|main
wine glass|wineglass
cup|hotbeverage
bowl|steamingbowl
banana|banana||yellow
apple|redapple||red
apple|greenapple||green
orange|tangerine||orange
pizza|sliceofpizza
donut|doughnut
cake|birthdaycake
cake|shortcake
toilet|toilet
tv|television
mouse|twobuttonmouse
keyboard|wiredkeyboard
cell phone|cellphone
book|closedbook|main
book|openbook
clock|alarmclock
clock|clock1oclock
scissors|blackscissors
"""

STREAMLINE = """
person|man-walking-1
person|woman-walking-1
bicycle|bicycle|main
car|automobile|main
airplane|airplane
bus|bus|main
bus|minibus|main
train|locomotive
train|bullet-train
truck|delivery-truck|main
boat|sailboat
boat|speedboat|main
traffic light|vertical-traffic-light
bird|bird-1
bird|bird-2
cat|cat
cat|cat-face
dog|dog
dog|dog-face
horse|horse
horse|horse-face
sheep|ewe-1
cow|cow
cow|cow-face
elephant|elephant
bear|bear-face
backpack|school-backpack|main
umbrella|umbrella|main
umbrella|closed-umbrella|main
handbag|handbag|main
tie|necktie
skis|skis
bottle|bottle-with-popping-cork
wine glass|wine-glass
wine glass|red-wine-glass
cup|teacup-without-handle
cup|hot-beverage-1
apple|red-apple||red
orange|tangerine||orange
pizza|pizza-1
pizza|pizza-2
cake|birthday-cake-1
cake|shortcake-1
toilet|toilet
tv|television
book|open-book
book|green-book|main
"""
