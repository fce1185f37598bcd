"""Ways in. Each inlet turns what reached it into `Arrival`s and acknowledges only after they are durable."""
