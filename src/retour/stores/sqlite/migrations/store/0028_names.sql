-- What the messages of sends are called besides: providers that write a Message-ID of their own tell both. A name
-- goes with its send, however that goes.

CREATE TABLE names (
  name TEXT NOT NULL,
  send INTEGER NOT NULL,
  PRIMARY KEY (name, send)
) STRICT, WITHOUT ROWID;
CREATE INDEX names_of_send ON names (send);

CREATE TRIGGER names_go AFTER DELETE ON sends BEGIN DELETE FROM names WHERE send = old.id; END;
