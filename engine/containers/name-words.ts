/** Words for container names: moods and looks, and people to whom computing, networks and the sciences owe something. Our own choice. */
const words = (text: string): readonly string[] => text.trim().split(/\s+/);

export const ADJECTIVES: readonly string[] = words(`
  able airy alert amber ample artful azure balmy beaming bold boring brave breezy bright brisk bubbly calm candid careful cheerful
  chipper civil clear clever cosy courtly crafty crisp curious dainty dapper daring dauntless deft dreamy dulcet eager earnest easy
  elated elfin fabled fair fearless festive fleet fluent fond frank free fresh frosty gallant gentle gilded glad gleaming glowing
  golden graceful handy happy hardy hearty helpful honest hopeful humble idle jaunty jolly jovial joyful keen kind lively loyal lucid
  lucky lunar mellow merry mighty mild mindful minty modest musing neat nifty nimble noble patient peppy placid playful plucky polite
  poised prompt proud quaint quick quiet quirky rapid ready regal rosy rustic salty sandy serene sharp shiny silent silver sincere
  sleek smart snug sober solar solid spirited spry starry steady stellar still stoic sturdy sunny supple sweet swift tame tender
  thrifty tidy timely tranquil trusty upbeat valiant velvet verdant vivid warm wary whimsical windy winsome wise witty young zesty`);

export const SURNAMES: readonly string[] = words(`
  abbate aiken allman anning apgar asimov atanasoff avogadro baran liskov berezin berners bezier binet
  bjarne blackburn booth borg bourne bricklin bushnell byron cailliau carmack cerf chomsky chua church clarke coase conway cormack
  crocker crowther cutler dahl malkhi davies deutsch dijkstra dolby doudna eckert elgamal engelbart erdos estrin
  fahlman fairbairn feinler felsenstein flowers floyd forrester fourier fredkin frege furber gilmore godel goldberg gosling graham
  granville gray hamming hartley hejlsberg hilbert hinton hoare hollerith holberton hopper hu huffman ichbiah iverson jacobson
  jacquard jennings joy kahn karels karn kay kemeny kernighan kilburn kildall kleene kleinrock knuth kowalski kurtz lampson lasker
  leibniz lenstra lovelace mauchly mccarthy mcilroy metcalfe meyer mills milner minsky mockapetris moon morris nagle naur nelson
  newell nygaard ousterhout pacioli papert perlis perlman peters pollack postel presper pouzin rashid raymond reynolds rivest roberts
  sagan salton scheutz scott shamir shannon shima shockley simon stallings steele stepanov stibitz sussman sutherland tanenbaum tarjan
  thacker thompson tomlinson torvalds turing ullman unwin rossum viterbi wall weizenbaum wescott wheeler wiener wilkes wirth
  wozniak yao zimmermann zuse`);
