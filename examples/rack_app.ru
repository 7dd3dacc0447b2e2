# frozen_string_literal: true

# A small app with rack_msgpack.rb: it keeps notes, and lists them.
#
#   rackup examples/rack_app.ru      a program of Rack 2; with Rack 3 of the gem rackup
#   echo '{"text": "milk"}' | exe/msgpack-ext from-json - |
#     curl --data-binary @- -H "content-type: application/msgpack" localhost:9292 | exe/msgpack-ext to-json -
#   curl localhost:9292
#
# Read next: rack_msgpack.rb.

require_relative "rack_msgpack"

use RackMessagePack, max_buffer_size: 4_096, symbolize_keys: true

notes = []

run(lambda do |env|
  case [env["REQUEST_METHOD"], env["msgpack.body"]]
  in ["POST", { text: String => text }]
    notes << { number: notes.size + 1, text: text }
    [201, {}, RackMessagePack::Reply.new(notes.last)]
  in ["GET", nil]
    [200, {}, RackMessagePack::Reply.new(notes)]
  else
    [422, {}, RackMessagePack::Reply.new({ error: "expected a map with a string as text" })]
  end
end)
