# frozen_string_literal: true

# MessagePack knows numbers, strings, arrays and maps. Objects of your own classes travel as extended types: a number
# from 0 to 127, which both sides agree on, and a payload of bytes.
#
#   ruby examples/extended_types.rb

$LOAD_PATH.unshift File.expand_path("../lib", __dir__) # the gem of this checkout; a program of yours needs no such line
require "msgpack-ext"
require_relative "check_library"

# A class that knows how to be packed and unpacked: to_exttype gives the payload, from_exttype makes an object of it.
class Point
  attr_reader :x, :y

  def self.from_exttype(_type, data)
    new(*data.unpack("l>l>")) # two big-endian 32-bit integers
  end

  def initialize(x, y)
    @x = x
    @y = y
  end

  def to_exttype
    [x, y].pack("l>l>")
  end

  def to_s
    "(#{x}, #{y})"
  end
end

# Packing: which class gets which number is the packer's business. Time knows neither method, so it gets a block.
packer = MessagePack::Packer.new
packer.register_exttype(Point, 1)
packer.register_exttype(Time, 2) { |time| [time.to_i].pack("q>") }

packer.write("from" => Point.new(1, 2), "to" => Point.new(-3, 4), "at" => Time.at(1_433_374_886))
bytes = packer.to_s
puts "packed #{bytes.bytesize} bytes"

# Unpacking: a class with from_exttype, or a block.
unpacker = MessagePack::Unpacker.new
unpacker.register_exttype(1, Point)
unpacker.register_exttype(2) { |_type, data| Time.at(data.unpack1("q>")).utc }

route = unpacker.feed(bytes).read
puts "from #{route["from"]} to #{route["to"]} at #{route["at"]}"

# An unpacker that knows nothing of these types loses nothing: it holds them, and they can be packed again.
unknown = MessagePack.unpack(bytes)
puts "unknown: #{unknown["from"].inspect}"
puts "packed again: #{MessagePack.pack(unknown) == bytes ? "the same bytes" : "other bytes"}"

# Or it refuses them, goes on with the next object, and says where the refused one began.
strict = MessagePack::Unpacker.new(default_exttype: false)
strict.feed(bytes).feed(MessagePack.pack("next"))
begin
  strict.read
rescue MessagePack::UnknownExtTypeError => e
  puts "refused at byte #{e.offset}"
end
puts "then: #{strict.read}"
