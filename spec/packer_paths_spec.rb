# frozen_string_literal: true

# An error about a value inside a container says where that value stands, in the keys and indexes that lead there.
RSpec.describe MessagePack::Packer, "telling the path of what it cannot pack" do
  odd = Object.new

  def message_of(packer = described_class.new, object) # rubocop:disable Style/OptionalArguments
    packer.write(object)
    "packed"
  rescue StandardError => e
    first_paragraph(e)
  end

  # Without what error_highlight adds behind it.
  def first_paragraph(error)
    error.message[/\A.*?(?=\n\n|\z)/m]
  end

  {
    "an index" => [[1, 2, odd], "[2]"],
    "a String key" => [{ "a" => 1, "users" => odd }, '["users"]'],
    "a Symbol key" => [{ owner: odd }, "[:owner]"],
    "a Symbol key that is no plain name" => [{ "a b": odd }, '[:"a b"]'],
    "an Integer key" => [{ -7 => odd }, "[-7]"],
    "a large Integer key" => [{ (2**64) - 1 => odd }, "[18446744073709551615]"],
    "a key of another class" => [{ nil => { 1.5 => odd } }, "[{NilClass}][{Float}]"],
    "a key that cannot be packed itself" => [{ odd => 1 }, "[{Object}]"],
    "containers in each other" => [{ "users" => [1, { owner: odd }] }, '["users"][1][:owner]'],
    "subclasses of Array and Hash" => [Class.new(Array).new([Class.new(Hash).new.merge!(a: odd)]), "[0][:a]"],
    "quotes, newlines and controls in a key" => [{ "a\"b\\c\n\u0007" => odd }, '["a\"b\\\\c\n\u0007"]'],
    "bytes in a key that are no text" => [{ "a\xFF".b => odd }, '["a\xFF"]'],
    "another script in a key" => [{ "schlüssel" => odd }, '["schlüssel"]'],
    "a key of 40 bytes" => [{ "k" * 40 => odd }, "[\"#{"k" * 40}\"]"],
    "a longer key, cut" => [{ "k" * 41 => odd }, "[\"#{"k" * 40}…\"]"],
    "many elements before it" => [Array.new(100_000, 1).push(odd), "[100000]"],
    "many pairs before it" => [(0...5000).to_h { |i| [i, i] }.merge("last" => odd), '["last"]']
  }.each do |what, (object, path)|
    it "shows #{what}" do
      expect(message_of(object)).to start_with("undefined method `to_msgpack' for an instance of Object:")
        .and end_with(" (at $#{path})")
      expect { MessagePack.pack(object) }.to raise_error(NoMethodError, /\(at \$#{Regexp.escape(path)}\)(\n|\z)/)
    end
  end

  it "says nothing of a place for the object itself" do
    expect(message_of(odd)).to start_with("undefined method `to_msgpack' for an instance of Object:")
    expect(message_of(odd)).not_to include("at $")
    expect(message_of(2**64)).not_to include("at $")
  end

  it "shows 16 steps whole, and of more the first and the last eight" do
    deep = ->(steps) { (0...steps).to_a.reverse.inject(odd) { |inner, i| { i => inner } } }
    expect(message_of(deep.call(16))).to end_with("(at $#{(0..15).map { |i| "[#{i}]" }.join})")
    expect(message_of(deep.call(17)))
      .to end_with("(at $#{(0..7).map { |i| "[#{i}]" }.join}…#{(9..16).map { |i| "[#{i}]" }.join})")
    expect(message_of(deep.call(400))).to end_with("[7]…#{(392..399).map { |i| "[#{i}]" }.join})")
  end

  describe "in every error that this gem raises about a value" do
    it "is in the RangeError of a large Integer" do
      expect { described_class.new.write("a" => [1, 2**64]) }.to raise_error(RangeError, /\(at \$\["a"\]\[1\]\)\z/)
      expect { MessagePack.pack([MessagePack::ExtensionValue.new(200, "")]) }
        .to raise_error(RangeError, /-128\.\.127/)
    end

    it "is in the ::TypeError of a class that is refused, and of a wrong payload" do
      packer = described_class.new(unknown_class: false)
      expect { packer.write([1, { k: 1r }]) }.to raise_error(TypeError, /Rational.*\(at \$\[1\]\[:k\]\)\z/)
      packer.register_exttype(Rational, 1, ->(_) { 5 })
      expect { packer.write([1, { k: 1r }]) }.to raise_error(TypeError, /payload.*\(at \$\[1\]\[:k\]\)\z/)
      packer.register_exttype(Rational, 1, false)
      expect { packer.write([1r]) }.to raise_error(TypeError, /forbidden \(at \$\[0\]\)\z/)
      packer.register_lowlevel(Rational, ->(*) { "x" })
      expect { packer.write([1r]) }.to raise_error(TypeError, /returned a String.*\(at \$\[0\]\)\z/)
    end

    it "is in the NestingError" do
      cycle = { "a" => [] }
      cycle["a"] << cycle
      expect { MessagePack.pack(cycle) }
        .to raise_error(MessagePack::NestingError, /\(at \$(\["a"\]\[0\]){4}…(\["a"\]\[0\]){4}\)\z/)
    end
  end

  it "is not in an error of a handler, nor in one about a handler that changes what is packed" do
    wrong = Class.new { define_method(:to_msgpack) { |_| nil.upcase } }
    expect { MessagePack.pack([wrong.new]) }.to raise_error(NoMethodError) { |error|
      expect(error.message).not_to include("at $")
      expect(error.name).to eq(:upcase)
    }
    list = [1]
    list << Class.new { define_method(:to_msgpack) { |_| list.clear } }.new << 3
    expect { MessagePack.pack([list]) }.to raise_error(RuntimeError) { |error|
      expect(error.message).not_to include("at $")
    }
  end

  it "is relative to the innermost write" do
    inner = Class.new { define_method(:to_msgpack) { |packer| packer.write("inner" => [Object.new]) } }
    expect { MessagePack.pack("outer" => inner.new) }.to raise_error(NoMethodError, /\(at \$\["inner"\]\[0\]\)(\n|\z)/)
  end

  it "keeps name and receiver of the NoMethodError" do
    MessagePack.pack([odd])
  rescue NoMethodError => e
    expect([e.name, e.receiver]).to eq([:to_msgpack, odd])
  end

  it "does not tell of an error that was rescued" do
    careful = Class.new do
      define_method(:to_msgpack) do |packer|
        packer.write([[Object.new]])
      rescue NoMethodError
        packer.write(nil)
      end
    end
    expect(message_of([careful.new, { "x" => odd }])).to end_with('(at $[1]["x"])')
  end
end
