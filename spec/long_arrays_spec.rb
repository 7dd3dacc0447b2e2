# frozen_string_literal: true

# Numbers of one form that follow each other in an Array are read together. That may not show.
RSpec.describe MessagePack, "long Arrays of numbers" do
  # Of one form each, and not alike; 64 bits without a sign begin below 2**63 and end above it.
  integers = {
    "one byte" => Array.new(120) { |n| n - 32 }, "uint 8" => Array.new(120) { |n| 255 - n },
    "uint 16" => Array.new(120) { |n| 65_535 - (n * 300) }, "uint 32" => Array.new(120) { |n| (2**32) - 1 - (n**3) },
    "uint 64" => Array.new(120) { |n| (2**62) + (n * (2**56)) }, "int 8" => Array.new(90) { |n| -33 - n },
    "int 16" => Array.new(120) { |n| -129 - (n * 270) }, "int 32" => Array.new(120) { |n| -32_769 - (n**4) },
    "int 64" => Array.new(120) { |n| -(2**31) - 1 - (n * (2**55)) }
  }
  # Ruby keeps most floats in the reference to them; others are objects.
  floats = [0.0, -0.0, 1.5, Float::INFINITY, -Float::INFINITY, -113.25, 2.0**-149, 2.0**127, -(2.0**-126)]
  objects = [1e300, 5e-324, -1e-200, Float::MAX, 1.7272337110188893e-77]

  def unpack(...) = MessagePack.unpack(...)

  # A stream that is read before it is whole: the Array is decoded in as many runs as there are pieces.
  def unpack_in_pieces(message, size)
    unpacker = MessagePack::Unpacker.new
    message.each_char.each_slice(size).flat_map { |piece| unpacker.feed_each(piece.join).to_a }.first
  end

  integers.each do |form, values|
    it "hold integers in the form #{form}" do
      expect(unpack(MessagePack.pack(values))).to eq(values)
      expect(unpack_in_pieces(MessagePack.pack(values), 37)).to eq(values)
    end

    it "hold something else behind integers in the form #{form}" do
      others = [nil, "text", 1.5, true, [values.last], { "key" => values.first }, (2**64) - 1, -(2**63)]
      (22..26).each do |count|
        others.each do |other|
          array = values.first(count) + [other] + values.last(40)
          expect(unpack(MessagePack.pack(array))).to eq(array)
        end
      end
    end
  end

  it "hold integers in all forms, in any order" do
    values = (0...90).flat_map { |n| integers.values.map { |of_one_form| of_one_form.fetch(n) } }
    expect(unpack(MessagePack.pack(values))).to eq(values)
    values.shuffle!(random: Random.new(7))
    expect(unpack(MessagePack.pack(values))).to eq(values)
  end

  it "hold floats of 64 bits, of every kind, at every place of a row" do
    8.times do |place|
      values = ([1.25] * place) + ((floats + objects + [Float::NAN]) * 2)
      expect(unpack(MessagePack.pack(values)).pack("G*")).to eq(values.pack("G*"))
    end
  end

  it "hold floats of 32 bits, of every kind, at every place of a row" do
    8.times do |place|
      values = ([1.25] * place) + (floats * 4)
      packer = MessagePack::Packer.new.write_array_header(values.size + 1)
      values.each { |value| packer.write_float32(value) }
      message = packer.write(2.5).to_s
      expect(unpack(message).pack("G*")).to eq([*values, 2.5].pack("G*"))
      expect(unpack_in_pieces(message, 23).pack("G*")).to eq([*values, 2.5].pack("G*"))
    end
  end

  it "hold what they held when much is allocated behind them" do
    values = objects * 10
    array = unpack(MessagePack.pack(values))
    GC.start
    Array.new(200) { |n| n * 1e250 }
    expect(array).to eq(values)
  end

  it "are cut off without a value too many" do
    message = MessagePack.pack(integers.fetch("uint 32"))
    unpacker = MessagePack::Unpacker.new
    expect { unpacker.feed(message[0...-1]).read }.to raise_error(EOFError)
    expect(unpacker.feed(message[-1]).read).to eq(integers.fetch("uint 32"))
  end
end
