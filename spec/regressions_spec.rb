# frozen_string_literal: true

require "stringio"
require "timeout"

# Faults that were found by attacking the library, one example each, with a line on what went wrong.
RSpec.describe MessagePack, "faults that were found and must not come back" do
  let(:packer) { MessagePack::Packer.new }
  let(:unpacker) { MessagePack::Unpacker.new }

  # Loading a transcoder asks $LOAD_PATH's elements for their path: the packer's bytes were still borrowed then, and a
  # flush in that moment freed them (SIGSEGV).
  it "survives a program that comes in while a String is transcoded" do
    result = in_subprocess(<<~RUBY)
      require "msgpack-ext"
      class Visitor
        def to_path = ($visit, visit = nil, $visit; visit&.call; "/nonexistent")
      end
      $LOAD_PATH.unshift(Visitor.new)
      require "stringio"
      io = StringIO.new("".b)
      packer = MessagePack::Packer.new(io)
      $visit = -> { packer.flush; GC.start; Array.new(200) { "J" * 60_000 } }
      packer.write(["m" * 30_000, "n" * 25_000, "\\xa4\\xa2".dup.force_encoding("EUC-JP"), "after"]).flush
      p MessagePack.unpack(io.string).map { |s| [s.size, s[0].ord] }
    RUBY
    expect(result.stdout).to eq("[[30000, 109], [25000, 110], [1, 12354], [5, 97]]\n"), result.to_s
  end

  # What cleared the unpacker was told in place of the interrupt, which was lost; `cause` was an internal number.
  it "lets an io raise and throw after a reset" do
    io = Struct.new(:answer) { def readpartial(_) = answer.call }.new
    unpacker = MessagePack::Unpacker.new(io)
    io.answer = -> { unpacker.reset || throw(:done, :thrown) }
    expect(catch(:done) { unpacker.read }).to eq(:thrown)
    io.answer = -> { unpacker.reset || raise(IOError, "closed") }
    expect { unpacker.skip }.to raise_error(IOError, "closed")
  end

  # Bytes that the io had refused were put back after a reset, and the position wrapped to 2**64.
  it "does not put back what was cleared while an io wrote it" do
    unpacker.feed("abcdef")
    io = Object.new
    target = unpacker
    io.define_singleton_method(:write) { |_| target.reset || raise("full") }
    expect { unpacker.buffer.write_to(io) }.to raise_error("full")
    expect([unpacker.tell, unpacker.buffer.size]).to eq([0, 0])
  end

  # Each pair of writes that overlapped left one level behind, until everything was nested too deep.
  it "counts no level of writes of other fibers" do
    waiting = Class.new
    packer.register_lowlevel(waiting) { |_, pk| Fiber.yield || pk.write_nil }
    600.times do
      fibers = Array.new(2) { Fiber.new { packer.write(waiting.new) } }
      2.times { fibers.each(&:resume) }
      packer.clear
    end
    expect(packer.write([[1]]).to_s).to eq(hex("91 91 01"))
  end

  # A Symbol with a registered ancestor was packed natively once its bytes were known from elsewhere.
  it "packs a Symbol as its ancestor is registered, whatever was packed before" do
    described_class.pack(Array.new(3) { :regression_symbol })
    packer.register_exttype(Comparable, 5) { "X" }
    expect(packer.write({ regression_symbol: :regression_symbol }).to_s).to eq(bytes(0x81, 0xd4, 5, "X", 0xd4, 5, "X"))
  end

  # The scratch of a call that never ends was never given back: calls were 40 times slower from then on.
  it "gets back what an abandoned fiber has leased", signatures: false do
    8.times do
      Fiber.new { described_class.unpack(hex("91 d4 05 61"), default_exttype: ->(*) { Fiber.yield }) }.resume
    end
    GC.start
    made = ObjectSpace.count_objects[:T_DATA]
    100.times { described_class.unpack(hex("81 a1 61 01")) }
    expect(ObjectSpace.count_objects[:T_DATA] - made).to be < 50
  end

  # A Buffer that was written into itself never came to an end.
  it "writes what a Buffer holds, and no more, into itself" do
    buffer = MessagePack::Buffer.new
    buffer << "abc"
    expect([Timeout.timeout(10) { buffer.write_to(buffer) }, buffer.to_s]).to eq([3, "abc"])
  end

  # A read from an io stopped after one piece.
  it "reads and skips as many bytes of an io as are asked for" do
    buffer = MessagePack::Buffer.new(StringIO.new("a" * 200_000))
    expect([buffer.read(50).size, buffer.read(99_950).size, buffer.skip(100_000)]).to eq([50, 99_950, 100_000])
  end

  # The positions of errors did not know of bytes that a handler had taken.
  it "counts bytes that a handler takes through the buffer" do
    target = unpacker
    unpacker.register_exttype(5) { target.buffer.read(1) }
    unpacker.feed(hex("93 d4 05 61 07 01 c1"))
    expect { unpacker.read }.to raise_error(MessagePack::MalformedFormatError) { |e| expect(e.offset).to eq(6) }
  end

  # What is native was said to be packed as an ancestor's registration has it.
  it "resolves native classes to nothing but their own registration" do
    packer.register_exttype(Comparable, 3) { "" }
    expect([Integer, String, Array, NilClass].map { |native| packer.resolve_exttype(native) }).to eq([nil] * 4)
    expect(packer.resolve_exttype(Class.new(String))).to match([3, Proc])
  end

  # ExtensionValue took a level of nesting that ExtType did not take.
  it "packs an ExtensionValue inside 500 containers" do
    value = 500.times.inject(MessagePack::ExtensionValue.new(1, "a")) { |inner, _| [inner] }
    expect(described_class.pack(value)).to eq((hex("91") * 500) + bytes(0xd4, 1, "a"))
  end

  # The sign of a huge Integer was lost: "must not be negative, got 170141183460469231731687303715884105727".
  it "names what is wrong with a huge length" do
    expect(MessagePack::Buffer.new.read(2**100)).to be_nil
    expect { MessagePack::Buffer.new.read(-2**100) }.to raise_error(ArgumentError, /negative, got a smaller Integer/)
    expect { packer.write_array_header(2**100) }.to raise_error(RangeError, /0\.\.4294967295, got a larger Integer/)
  end

  # A String that shared the end of its source was taken for valid because the source as a whole was.
  it "knows nothing of a shared String that holds for its source only" do
    body = "\xa9#{"a" * 0x80c2}".b
    source = ("\xda\x80\xc3".b + body).force_encoding(Encoding::UTF_8)
    expect(source).to be_valid_encoding
    text = described_class.unpack(source)
    expect([text.b, text.valid_encoding?, text.encoding]).to eq([body, false, Encoding::UTF_8])
  end

  # A Proc was called directly though it had a `call` of its own, as mocks have.
  it "calls a handler's own call" do
    handler = Class.new(Proc) { def call(*) = :overridden }.new { :block }
    unpacker.register_exttype(5, handler)
    expect(unpacker.feed(hex("d4 05 61")).read).to eq(:overridden)
    mocked = proc { :block }
    mocked.define_singleton_method(:call) { |*| :singleton }
    unpacker.register_exttype(5, mocked)
    expect(unpacker.feed(hex("d4 05 61")).read).to eq(:singleton)
  end

  # A private from_exttype was called where the registration had found the public call.
  it "calls the public one of a class's two methods" do
    target = Class.new do
      def self.call(type, data) = [type, data]
      def self.from_exttype(*) = :private
      private_class_method :from_exttype
    end
    unpacker.register_exttype(5, target)
    expect(unpacker.feed(hex("d4 05 61")).read).to eq([5, "a"])
  end

  # The exception was made where the stack was low already: SystemStackError came out, which `rescue => e` lets pass.
  it "raises NestingError in a fiber with a small stack" do
    result = in_subprocess(<<~RUBY, env: { "RUBY_FIBER_MACHINE_STACK_SIZE" => "262144" })
      require "msgpack-ext"
      hash = 4_999.times.inject({}) { |inner, _| { "k" => inner } }
      Fiber.new { MessagePack.pack(hash, max_depth: 5_000) rescue puts $!.class }.resume
      puts MessagePack.pack(hash, max_depth: 5_000).bytesize
    RUBY
    expect(result.stdout).to eq("MessagePack::NestingError\n14998\n"), result.to_s
  end

  # The first call in a process looked its classes up; near the end of the stack that could not be done (SIGSEGV).
  it "does its first work near the end of the stack" do
    env = { "RUBY_FIBER_MACHINE_STACK_SIZE" => "262144", "RUBY_FIBER_VM_STACK_SIZE" => "8000000" }
    %w[MessagePack.pack({"a"=>1}) MessagePack.unpack("\\x81\\xa1a\\x01")].each do |call|
      result = in_subprocess(<<~RUBY, env: env)
        require "msgpack-ext"
        def down(depth) = [0].each { down(depth + 1) }
        def work = #{call}
        def dive = [0].each { dive; work } rescue work
        Fiber.new { begin; down(0); rescue SystemStackError; end; begin; dive; rescue SystemStackError; end }.resume
        p work
      RUBY
      expect(result).to be_success, result.to_s
    end
  end

  # The bytes of a Symbol or a key that ended a chunk of a Packer were kept for the next time as none at all.
  it "keeps what it remembers of Symbols and keys that are written at the end of a chunk" do
    symbols = ("aaa".."azz").map(&:to_sym)
    wrong = Array.new(6) do |fill|
      packer = MessagePack::Packer.new
      fill.times { packer.write(nil) }
      (0...20_000).map { |n| symbols[n % symbols.size] }.reject do |symbol|
        packer.write(symbol)
        MessagePack.pack(symbol) == "\xA3#{symbol}".b
      end
    end
    expect(wrong).to all(be_empty)
  end

  it "keeps what it remembers of frozen keys that are written at the end of a chunk" do
    key = "k" * 47
    rows = Array.new(400) { { key => 1 } }
    wrong = (0...60).reject do |fill|
      packer = MessagePack::Packer.new
      packer.write("x" * (45_000 + fill))
      rows.each { |row| packer.write(row) }
      packer.to_s.end_with?(MessagePack.pack(rows).byteslice(3..))
    end
    expect(wrong).to eq([])
  end

  # It had been looked whether a skip was to be finished before it was seen that there was none any more.
  it "skips the next object after what a skip had begun was cleared away" do
    unpacker.feed(hex("92 01"))
    expect_underflow { unpacker.skip }
    unpacker.buffer.clear
    unpacker.feed(hex("01 02")).skip
    expect(unpacker.read).to eq(2)
    unpacker.feed(hex("92"))
    expect_underflow { unpacker.skip }
    unpacker.buffer.clear
    expect_underflow { unpacker.skip }
  end
end
