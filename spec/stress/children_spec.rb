# frozen_string_literal: true

# The child unpackers of recursive types: what one has read with goes to the next one, which must not show of whom.
RSpec.describe MessagePack::Factory, "with one child unpacker after the other" do
  # A factory whose handler of type 1 is the block, which gets a child and its number.
  def numbering(&block)
    number = -1
    box_factory(unpacker: ->(child) { block.call(child, number += 1) })
  end

  # Type 1 with each of these payloads, in an Array.
  def array_of(payloads)
    bytes(0xdc, [payloads.size].pack("n"), *payloads.map { |payload| ext_bytes(1, payload) })
  end

  # Objects that no plain read gives: with a stack, frames, keys.
  def document(number)
    [{ "number" => number, "list" => [number, [nil, number.to_s * 9]] }, number]
  end

  def documents(numbers)
    numbers.map { |number| MessagePack.pack(document(number)) }
  end

  # What the last of several children reads, after one that the block was given. Both ways to read.
  def after(payload, last = MessagePack.pack(document(7)))
    [->(factory, message) { factory.load(message) }, ->(factory, message) { factory.unpacker.feed(message).read }]
      .map do |way|
        factory = numbering { |child, number| number.zero? ? yield(child) && nil : [child.tell, child.read] }
        way.call(factory, array_of([payload, last])).fetch(1)
      end
  end

  let(:payload) { bytes(0x93, 1, 0xa2, "ab", 0x91, 0xc0, 2, 3) }

  {
    "nothing" => ->(_) { true }, "one object of several" => ->(child) { child.read },
    "more than there is" => ->(child) { loop { child.read } }, "a header" => ->(child) { child.read_array_header },
    "to the end, by skip" => ->(child) { 3.times { child.skip } }, "one by each" => ->(child) { child.first },
    "nothing any more, for it was reset" => ->(child) { child.read && (child.reset || true) }
  }.each do |name, read|
    it "begins at its own payload, whoever has read #{name} before" do
      seen = after(payload) do |child|
        read.call(child)
      rescue EOFError
        true
      end
      expect(seen.map(&:last)).to eq([document(7)] * 2)
      expect(seen.map(&:first).uniq.size).to eq(1)
    end
  end

  it "begins anew after one whose payload ended within an object" do
    seen = after(bytes(0x92, 0x92, 1)) { |child| error_of { child.read } }
    expect(seen.map(&:last)).to eq([document(7)] * 2)
  end

  it "begins anew after one that was refused in the middle" do
    [bytes(0x92, 1, 0xc1), bytes(0x92, 1, 0xd4, 9, 9)].each do |refused|
      seen = after(refused) { |child| error_of { child.read } }
      expect(seen.map(&:last)).to eq([document(7)] * 2)
    end
  end

  it "reads short payloads and long ones in turn" do
    payloads = [1, 5000, 3, 1023, 1024, 1025, 70_000, 2].map { |size| MessagePack.pack([size, "x" * size]) }
    factory = box_factory(unpacker: ->(child) { child.read })
    expected = payloads.map { |payload| MessagePack.unpack(payload) }
    expect(factory.load(array_of(payloads))).to eq(expected)
    unpacker = factory.unpacker
    2.times { expect(unpacker.feed(array_of(payloads)).read).to eq(expected) }
  end

  it "has the options and the registrations of its own parent" do
    factory = box_factory(unpacker: ->(child) { [child.symbolize_keys?, child.freeze?, child.read] })
    message = array_of([MessagePack.pack({ "k" => "v" })] * 2)
    [{}, { symbolize_keys: true }, { freeze: true }, {}].each do |options|
      symbols = options.key?(:symbolize_keys)
      frozen = options.key?(:freeze)
      results = factory.load(message, **options)
      expect(results).to eq([[symbols, frozen, { (symbols ? :k : "k") => "v" }]] * 2)
      expect(results.map { |result| result.last.frozen? }).to eq([frozen] * 2)
    end
    expect { factory.load(message, max_map_len: 0) }.to raise_error(MessagePack::LimitError)
    expect(factory.load(message).size).to eq(2)
  end

  it "knows nothing of what another one has registered" do
    seen = []
    factory = numbering do |child, number|
      seen << child.exttype(9)
      child.register_exttype(9) { number } if number.zero?
    end
    factory.load(array_of([payload] * 3))
    expect(seen).to eq([nil] * 3)
  end

  it "leaves a buffer that was kept empty, and does not read from it" do
    buffers = []
    factory = box_factory(unpacker: ->(child) { (buffers << child.buffer) && [buffers.first.size, child.read] })
    expect(factory.load(array_of(%W[\x01\x02 \x03\x04 \x05\x06].map(&:b)))).to eq([[2, 1], [0, 3], [0, 5]])
    expect(buffers.uniq(&:object_id).size).to eq(3)
    expect(buffers.map(&:to_s)).to eq([""] * 3)
  end

  describe "of which one is kept" do
    def dead?(child)
      child.tell.nil?
    rescue RuntimeError
      true
    end

    it "lets none be used in the place of another" do
      children = []
      factory = box_factory(unpacker: lambda do |child|
        children << child
        [child.read, children[0..-2].map { |dead| error_of { dead.read }.class }.uniq, child.read]
      end)
      results = factory.load(array_of((0..20).map { |number| documents([number]).first + [number].pack("C") }))
      expect(results.map(&:first)).to eq((0..20).map { |number| document(number) })
      expect(results.map(&:last)).to eq((0..20).to_a)
      expect(results.drop(1).map { |result| result[1] }).to eq([[RuntimeError]] * 20)
      expect(children.map(&:inspect).uniq.join).to match(/handler that is over/)
    end

    it "lets none be used inside another, on whatever level" do
      children = []
      factory = box_factory(unpacker: lambda do |child|
        children.unshift(child)
        value = child.read
        [value, children.count { |other| dead?(other) }, child.read]
      end)
      inner = ->(number, below) { bytes(below ? ext_bytes(1, below) : 0xc0, [number].pack("C")) }
      payload = inner.call(1, inner.call(2, inner.call(3, nil)))
      once = ->(dead) { [[[nil, dead, 3], dead + 1, 2], dead + 2, 1] }
      expect(factory.load(array_of([payload] * 3))).to eq([once.call(0), once.call(3), once.call(6)])
    end
  end

  it "can't be initialized by a program, whether its handler is over or not" do
    children = []
    factory = box_factory(unpacker: lambda do |child|
      children << child
      expect { child.send(:initialize, StringIO.new("x")) }.to raise_error(RuntimeError, /initialized already/)
      child.read
    end)
    expect(factory.load(array_of(["\x05", "\x06"]))).to eq([5, 6])
    expect { children.first.send(:initialize, StringIO.new("x")) }.to raise_error(RuntimeError, /initialized already/)
    expect { children.first.read }.to raise_error(RuntimeError, /the handler is over/)
    expect(factory.load(array_of(["\x07"]))).to eq([7])
  end

  # Nothing on a native stack keeps it in its place then.
  it "is in order where it has outlived the fiber that its handler waited in, and the heap was compacted", :slow do
    read = in_subprocess(<<~RUBY)
      require "msgpack-ext"
      factory, kept = MessagePack::Factory.new, []
      factory.register_type(1, Class.new, unpacker: ->(child) { kept << child and Fiber.yield }, recursive: true)
      factory.register_type(2, Class.new, unpacker: ->(text) { GC.start(full_mark: false).then { text * 20 } })
      letters = [*"a".."j"]
      inside = "\\x9a".b + letters.map { |letter| "\\xd4\\x02".b + letter }.join
      message = "\\xc7".b + [inside.bytesize, 1].pack("CC") + inside
      deep = ->(levels, &work) { levels.zero? ? work.call : deep.call(levels - 1, &work) }
      deep.call(50) { 1000.times { Fiber.new { factory.load(message) }.resume } }
      deep.call(100) { Array.new(100, &:to_s) }
      4.times { GC.start }
      GC.compact
      4.times { GC.start }
      p kept.size, kept.count { |child| child.read == letters.map { |letter| letter * 20 } }
    RUBY
    expect([read.stdout, read.stderr]).to eq(["1000\n1000\n", ""])
  end

  describe "in a fiber that waits in the middle of one" do
    # Reads the first object of a child in a fiber, which waits in a handler of type 2 while others are read.
    def waiting
      fibers = []
      factory = numbering do |child, number|
        next child.read unless number.zero?

        fibers << Fiber.new { [error_of { child.read }, error_of { child.read }].map(&:class) }
        fibers.last.resume
      end
      factory.register_type(2, Range, unpacker: ->(_payload) { Fiber.yield(:waiting) || :late })
      first = MessagePack.pack([1, MessagePack::ExtType.new(2, "x"), "secret"])
      [factory, fibers, array_of([first, *documents(1..3)])]
    end

    it "reads the others as if nothing were, and refuses it when it goes on" do
      factory, fibers, message = waiting
      expect(factory.load(message)).to eq([:waiting, *(1..3).map { |number| document(number) }])
      expect(fibers.map(&:resume)).to eq([[MessagePack::UnderflowError, RuntimeError]])
    end

    it "refuses it also when it goes on within another one" do
      factory, fibers, message = waiting
      results = nil
      again = box_factory(unpacker: lambda do |child|
        results ||= fibers.first.resume
        child.read
      end)
      factory.load(message)
      expect(again.load(array_of(documents(4..6)))).to eq((4..6).map { |number| document(number) })
      expect(results.last).to eq(RuntimeError)
    end

    it "forgets one that never goes on" do
      20.times do
        factory, _, message = waiting
        expect(factory.load(message).drop(1)).to eq((1..3).map { |number| document(number) })
      end
      GC.start
    end
  end

  it "refuses a thread that goes on with a child whose handler is over" do
    entered = Queue.new
    go_on = Queue.new
    thread = nil
    factory = numbering do |child, number|
      next child.read unless number.zero?

      thread = Thread.new { [error_of { child.read }, error_of { child.read }] }
      entered.pop
    end
    factory.register_type(2, Range, unpacker: ->(_payload) { entered.push(:entered) && go_on.pop })
    first = MessagePack.pack([MessagePack::ExtType.new(2, "x"), "secret"])
    expect(factory.load(array_of([first, *documents(1..3)])).drop(1)).to eq((1..3).map { |number| document(number) })
    go_on.push(:late)
    expect(thread.value.last).to be_an_instance_of(RuntimeError)
  end

  it "reads what goes deeper than it keeps, again and again" do
    factory = box_factory
    message = array_of([nested_ext_bytes(30, "\x07".b)] * 3)
    expected = [FactoryHelpers::Box.nested(31, 7)] * 3
    unpacker = factory.unpacker
    3.times do
      expect(factory.load(message)).to eq(expected)
      expect(unpacker.feed(message).read).to eq(expected)
    end
  end

  describe "that have seen collections" do
    # So many that what is alive is old, then one that looks only at what is not.
    def age
      3.times { GC.start(full_mark: false) }
    end

    it "keep the values that they read after that" do
      factory = box_factory(unpacker: lambda do |child|
        age
        [child.read, child.read]
      end)
      factory.register_type(2, Range, unpacker: ->(payload) { GC.start(full_mark: false).then { payload } })
      values = (1..4).map { |number| ["v#{number}" * 9, { "k#{number}" => "w" * 40 }] }
      payloads = values.map do |value|
        MessagePack.pack([*value, MessagePack::ExtType.new(2, "p" * 30), MessagePack::ExtType.new(2, "q")]) + "\x07".b
      end
      expect(factory.load(array_of(payloads))).to eq(values.map { |value| [[*value, "p" * 30, "q"], 7] })
    end

    it "keep what is registered with them, and their buffer" do
      factory = box_factory(unpacker: lambda do |child|
        age
        child.register_exttype(9) { |_, payload| "made of #{payload}" }
        size = child.buffer.size
        age
        [child.read, size, child.buffer.size]
      end)
      payload = MessagePack.pack(MessagePack::ExtType.new(9, "xyz"))
      expect(factory.load(array_of([payload] * 3))).to eq([["made of xyz", payload.bytesize, 0]] * 3)
    end

    # In a process of its own, whose heap is small: all of it is looked at, and an old object that refers to a young one
    # unnoticed ends the process.
    it "are what Ruby's own look at the heap expects", :slow do
      read = in_subprocess(<<~RUBY)
        require "msgpack-ext"
        look = ->(value) { GC.verify_internal_consistency.then { value } }
        age = -> { 3.times { GC.start(full_mark: false) } }
        factory = MessagePack::Factory.new
        factory.register_type(1, Class.new, unpacker: ->(child) { age.call.then { look[child.read] } }, recursive: true)
        factory.register_type(2, Class.new, unpacker: ->(payload) { look[payload] })
        payload = MessagePack.pack([["a" * 50], MessagePack::ExtType.new(2, "p" * 30)])
        message = MessagePack.pack([MessagePack::ExtType.new(1, payload)] * 2)
        p factory.load(message) == [[["a" * 50], "p" * 30]] * 2
      RUBY
      expect(read.stdout).to eq("true\n"), read.to_s[0, 2000]
      expect(read.stderr).to eq("")
    end
  end
end
