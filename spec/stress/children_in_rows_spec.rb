# frozen_string_literal: true

# The child unpackers of payloads that follow each other: one that has only been read goes to the next payload as it is,
# and nothing of what changes meanwhile may be missed by that.
RSpec.describe MessagePack::Factory, "with payloads in a row" do
  def array_of(payloads, header = [0xdc, payloads.size].pack("Cn"))
    payloads.inject(header) { |bytes, payload| bytes << ext_bytes(1, payload) }
  end

  # Plain values, which are read with nothing claimed: as payloads, and as what is read.
  def plain
    [1, -33, 300, -70_000, 2**40, -(2**40), (2**63) - 1, -(2**62), nil, true, 1.5, "text", "b".b, "x" * 400]
  end

  def payloads(values)
    values.map { |value| MessagePack.pack(value) + "\x07".b }
  end

  # Both ways to read the message, with each kind of Unpacker around the children.
  def read_both(factory, message)
    unpacker = factory.unpacker
    results = [factory.load(message), unpacker.feed(message).read, unpacker.feed(message).read]
    expect(results.uniq.size).to eq(1)
    results.first
  end

  it "reads plain values, one after the other" do
    factory = box_factory(unpacker: ->(child) { [child.read, child.read] })
    expect(read_both(factory, array_of(payloads(plain)))).to eq(plain.map { |value| [value, 7] })
  end

  it "reads each from its start, whatever the one before has left unread, or asked for too much" do
    count = -1
    factory = box_factory(unpacker: lambda do |child|
      reads = (count += 1) % 4
      [child.tell, *Array.new(reads) { child.read }, (error_of { child.read }.class if reads == 3)]
    end)
    message = array_of(Array.new(20) { bytes(1, 0xcd, 1, 0x2c, 3) })
    rest = [[], [1], [1, 300], [1, 300, 3]]
    expected = Array.new(20) do |index|
      [6 + (8 * index), *rest[index % 4], (MessagePack::UnderflowError if index % 4 == 3)]
    end
    expect(factory.load(message)).to eq(expected)
  end

  it "reads some with more than plain values among them" do
    factory = box_factory(unpacker: ->(child) { [child.read, child.read] })
    factory.register_type(2, Range, unpacker: ->(payload) { payload * 2 })
    values = [1, [2, { "k" => [] }], 3, 4, { 1 => 2 }, MessagePack::ExtType.new(2, "e"), 6, 7]
    expected = [1, [2, { "k" => [] }], 3, 4, { 1 => 2 }, "ee", 6, 7].map { |value| [value, 7] }
    expect(read_both(factory, array_of(payloads(values)))).to eq(expected)
  end

  it "reads short payloads and long ones in turn" do
    values = [0, 1012, 1020, 1021, 1022, 4000, 70_000, 3].flat_map { |size| ["y" * size, 1] }
    factory = box_factory(unpacker: ->(child) { [child.read, child.read] })
    expect(read_both(factory, array_of(payloads(values)))).to eq(values.map { |value| [value, 7] })
  end

  it "reads rows in containers of each kind, and other types between them" do
    factory = box_factory(unpacker: ->(child) { child.read })
    factory.register_type(2, Range, unpacker: ->(payload) { payload * 2 })
    row = array_of(["\x01", "\x02"], "\x93".b) + ext_bytes(2, "ab")
    mixed = bytes(0x94) + ext_bytes(1, "\x01") + ext_bytes(2, "c") + ext_bytes(1, "\x02") + ext_bytes(1, "\x03")
    map = bytes(0x82) + ext_bytes(1, "\x01") + ext_bytes(1, "\x02") + ext_bytes(1, "\x03") + ext_bytes(1, "\x04")
    message = bytes(0x95) + row + mixed + map + ext_bytes(1, "\x09") + array_of(["\x05"], "\x91".b)
    expect(read_both(factory, message)).to eq([[1, 2, "abab"], [1, "cc", 2, 3], { 1 => 2, 3 => 4 }, 9, [5]])
  end

  it "reads rows within payloads of rows" do
    factory = box_factory(unpacker: ->(child) { child.read })
    inner = array_of(payloads([1, 2, 300]))
    expect(read_both(factory, array_of([inner, "\x05".b, inner, array_of([inner, inner]), "\x06".b])))
      .to eq([[1, 2, 300], 5, [1, 2, 300], [[1, 2, 300]] * 2, 6])
  end

  it "keeps every child dead whose handler is over" do
    kept = []
    factory = box_factory(unpacker: lambda do |child|
      kept << child
      [child.read, kept[0..-2].map { |dead| error_of { dead.read }.class }.uniq, child.read]
    end)
    results = factory.load(array_of(payloads((1..30).to_a)))
    expect(results).to eq((1..30).map { |number| [number, number == 1 ? [] : [RuntimeError], 7] })
    expect(kept.uniq(&:object_id).size).to eq(30)
    expect(kept.map { |child| error_of { child.tell }.message }.uniq).to match([/the handler is over/])
  end

  it "reads the next ones with what a handler has registered with the Unpacker around them" do
    unpacker = nil
    count = 0
    factory = box_factory(unpacker: lambda do |child|
      unpacker.register_type(5) { |payload| "registered #{payload}" } if (count += 1) == 3
      (value = child.read) == 0 ? child.read : value
    end)
    unpacker = factory.unpacker
    unpacker.register_type(5) { |payload| "first #{payload}" }
    message = array_of([*payloads([1, 2, 3, 4]), "\x00".b + ext_bytes(5, "x")])
    expect(unpacker.feed(message).read).to eq([1, 2, 3, 4, "registered x"])
  end

  it "lets a handler put another in its own place for the next ones" do
    unpacker = nil
    factory = box_factory(unpacker: lambda do |child|
      unpacker.register_type(1, &:bytesize)
      child.read
    end)
    unpacker = factory.unpacker
    expect(unpacker.feed(array_of(payloads([1, 300, 5]))).read).to eq([1, 4, 2])
  end

  it "goes on behind what a handler takes of the stream around it" do
    unpacker = nil
    tells = []
    factory = box_factory(unpacker: lambda do |child|
      value = child.read
      tells << [child.tell, unpacker.tell]
      # The whole of the payload behind, with its header of two bytes.
      unpacker.buffer.skip(4) if value == 3
      value
    end)
    unpacker = factory.unpacker
    message = array_of((1..6).map { |number| bytes(number, 7) }, "\x95".b)
    expect(unpacker.feed(bytes(message, 9)).to_a).to eq([[1, 2, 3, 5, 6], 9])
    expect(tells).to eq([[4, 5], [8, 9], [12, 13], [20, 21], [24, 25]])
    broken = array_of((1..4).map { |number| bytes(number, 7) }, "\x94".b) + "\xc1".b
    expect(error_of { unpacker.feed(broken).read }.offset).to eq(26 + broken.bytesize - 1)
  end

  it "goes on in what a handler feeds, wherever it lies then" do
    unpacker = nil
    count = 0
    factory = box_factory(unpacker: lambda do |child|
      unpacker.feed(ext_bytes(1, [100 + count].pack("C")) + ("\xc0".b * 3000)) if (count += 1) <= 3
      [child.read, child.tell]
    end)
    unpacker = factory.unpacker
    unpacker.feed(array_of(%W[\x01\x07 \x02\x07 \x03\x07 \x04\x07].map(&:b), "\x95".b))
    expect(unpacker.read).to eq([[1, 4], [2, 8], [3, 12], [4, 16], [101, 20]])
    expect([unpacker.read, unpacker.tell]).to eq([nil, 21])
  end

  [2, 3].each do |place|
    it "obeys a reset by the handler of payload #{place}, whose child is dead as ever" do
      unpacker = nil
      kept = []
      factory = box_factory(unpacker: lambda do |child|
        kept << child
        child.read.tap { |value| unpacker.reset || unpacker.feed("\x08") if value == place }
      end)
      unpacker = factory.unpacker.feed(array_of(payloads([1, 2, 3, 4])))
      expect { unpacker.read }.to raise_error(MessagePack::UnderflowError, /reset/)
      expect(unpacker.read).to eq(8)
      expect(kept.map { |child| error_of { child.read }.message }).to match([/the handler is over/] * place)
      expect(unpacker.feed(array_of(payloads([1, 1]))).read).to eq([1, 1])
    end
  end

  it "waits for the rest of a row that is cut anywhere, with each child dead that was there" do
    message = array_of(payloads([1, 300, 3, 70_000, 5]))
    (0...message.bytesize).each do |cut|
      kept = []
      factory = box_factory(unpacker: ->(child) { (kept << child) && [child.read, child.tell] })
      unpacker = factory.unpacker.feed(message.byteslice(0, cut))
      expect_underflow { unpacker.read }
      expect(kept.map { |child| error_of { child.read }.class }.uniq - [RuntimeError]).to eq([]), "cut at #{cut}"
      expect(unpacker.feed(message.byteslice(cut..)).read)
        .to eq([[1, 6], [300, 12], [3, 16], [70_000, 25], [5, 29]]), "cut at #{cut}"
      expect(kept.size).to eq(5)
    end
  end

  it "refuses what is too long in the middle of a row, and forbids what is forbidden meanwhile" do
    unpacker = nil
    factory = box_factory(unpacker: lambda do |child|
      value = child.read
      unpacker.register_exttype(1, false) if value == 9
      value
    end)
    unpacker = factory.unpacker(max_ext_len: 4)
    unpacker.feed(array_of(payloads([1, 2, 3, 2**40, 5]))).feed(array_of(payloads([7, 8, 9, 10])))
    error = error_of { unpacker.read }
    expect([error.class, error.offset]).to eq([MessagePack::LimitError, 15])
    error = error_of { unpacker.read }
    expect([error.class, error.offset]).to eq([MessagePack::UnknownExtTypeError, 47])
  end

  it "goes on with the next message after a handler that raises in the middle of a row, or throws" do
    factory = box_factory(unpacker: lambda do |child|
      case value = child.read
      when 3 then raise "three"
      when 4 then throw(:out, :thrown)
      else value
      end
    end)
    unpacker = factory.unpacker
    [factory.method(:load), ->(message) { unpacker.feed(message).read }].each do |read|
      3.times do
        expect { read.call(array_of(payloads([1, 2, 3, 1]))) }.to raise_error(RuntimeError, "three")
        expect(catch(:out) { read.call(array_of(payloads([1, 4, 1]))) }).to eq(:thrown)
        expect(read.call(array_of(payloads([1, 2])))).to eq([1, 2])
      end
    end
  end

  it "reads each with the options and the registrations of its own factory" do
    one, other = %i[one other].map do |name|
      box_factory(unpacker: ->(child) { [child.read, child.read] }).tap do |factory|
        factory.register_type(2, Range, unpacker: ->(_payload) { name })
      end
    end
    message = array_of(["\x01\x02".b, "\x03".b + ext_bytes(2, "x")])
    3.times do
      expect(one.load(message)).to eq([[1, 2], [3, :one]])
      expect(other.load(message)).to eq([[1, 2], [3, :other]])
    end
  end

  it "survives collections and compaction between payloads", :slow do
    factory = box_factory(unpacker: lambda do |child|
      GC.start(full_mark: false) if (value = child.read) == 3
      GC.compact if value == 5 && GC.respond_to?(:compact)
      [value, child.read]
    end)
    values = (1..8).to_a
    expect(read_both(factory, array_of(payloads(values)))).to eq(values.map { |value| [value, 7] })
  end

  it "counts what it keeps for the next payload again" do
    factory = box_factory(unpacker: ->(child) { child.read })
    unpacker = factory.unpacker
    sizes = Array.new(5) do
      unpacker.feed(array_of(payloads([1, 2, 3]))).read
      ObjectSpace.memsize_of(unpacker)
    end
    expect(sizes.drop(1).uniq.size).to eq(1)
    expect(sizes.first).to be > ObjectSpace.memsize_of(factory.unpacker) + 300
  end
end
