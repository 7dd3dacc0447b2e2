# frozen_string_literal: true

# Arrays of up to three values are made in place where Ruby's layout of them is known, and rows of points (short Arrays
# of floats) are read at once. Neither may show.
RSpec.describe MessagePack, "short Arrays" do
  def unpack(value, **options) = MessagePack.unpack(MessagePack.pack(value), **options)

  6.times do |size|
    values = [1.5, "two", nil, -4.25, { "five" => 5 }].first(size)

    it "hold their values: #{size}" do
      expect(unpack(values)).to eq(values)
      expect(unpack([values] * 50)).to eq([values] * 50)
    end

    it "are Arrays like any other: #{size} values" do
      array = unpack([values, "behind"]).first
      expect([array.class, array.frozen?, array.size, array.hash]).to eq([Array, false, size, values.hash])
      40.times { |n| array.unshift("new #{n}") && array.push(n) }
      GC.start
      expect(array).to eq(Array.new(40) { |n| "new #{39 - n}" } + values + Array.new(40) { |n| n })
      expect(array.shift(40).size + array.pop(40).size).to eq(80)
      expect(array.clear.push("again")).to eq(["again"])
    end

    it "are frozen with freeze: true: #{size} values" do
      expect(unpack([values] * 3, freeze: true)).to all(be_frozen.and(eq(values)))
    end
  end

  # Ruby keeps most floats in the reference to them; the first four of these are objects.
  floats = [1e300, 5e-324, -1e-200, Float::NAN, 0.0, -0.0, 1.0, -Float::INFINITY, Float::MAX, 113.000001]

  (1..6).each do |size|
    it "of #{size} floats hold every kind of them" do
      points = floats.each_cons(size).to_a * 30
      expect(unpack(points).flatten.pack("G*")).to eq(points.flatten.pack("G*"))
      expect(unpack(points).map(&:size)).to all(eq(size))
    end

    it "of #{size} floats are frozen with freeze: true" do
      points = floats.first(4).each_slice(1).map { |float| float * size }
      expect(unpack(points, freeze: true)).to all(be_frozen)
    end

    it "of #{size} floats are counted by max_array_len: and max_depth:" do
      points = [[[1.5] * size] * 2]
      expect(unpack(points, max_array_len: [size, 2].max, max_depth: 3)).to eq(points)
      expect { unpack(points, max_depth: 2) }.to raise_error(MessagePack::StackError)
      next if size < 3

      expect { unpack(points, max_array_len: size - 1) }.to raise_error(MessagePack::LimitError, /\b#{size}\b/)
    end
  end

  it "outlive what they were unpacked with" do
    points = unpack(Array.new(1_000) { |n| [n * 1e200, "text #{n}"] })
    GC.start
    expect(points).to eq(Array.new(1_000) { |n| [n * 1e200, "text #{n}"] })
  end

  it "come as soon as they are whole, whatever piece of them is fed" do
    value = { "track" => [[1.5, 2.5], [3.5, 4.5], [5.5, 6.5, 7.5]], [0.5, 1.5] => [] }
    bytes = MessagePack.pack(value)
    unpacker = MessagePack::Unpacker.new
    found = bytes.each_char.map { |byte| unpacker.feed(byte).each.to_a }
    expect(found).to eq(([[]] * (bytes.bytesize - 1)) + [[value]])
  end
end
