/**
 * The queues that a flow may use: `handSize` different cards of a deck, dealt by the flow's name. Two flows seldom share
 * all of them, so that a flow which fills its queues leaves another one some (shuffle sharding, k8s.io/apiserver util/shufflesharding).
 */
export function dealHand(flow: string, { handSize, deckSize }: { handSize: number; deckSize: number }): number[] {
  let state = hashOf(flow);
  const cards: number[] = [];
  for (let dealt = 0; dealt < Math.min(handSize, deckSize); dealt++) {
    state = mixed((state + 0x9e3779b9) | 0);
    let card = (state >>> 0) % (deckSize - dealt);
    // A card's number counts only those that are still in the deck; `cards` is in ascending order.
    let place = 0;
    while (place < cards.length && cards[place]! <= card) {
      card++;
      place++;
    }
    cards.splice(place, 0, card);
  }
  return cards;
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash;
}

function mixed(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
