# frozen_string_literal: true

require "stringio"

RSpec.describe MessagePack, ".dig" do
  let(:document) do
    { "users" => [{ "name" => "ann", "tags" => %w[a b] }, { "name" => "bob", "tags" => [] }], 5 => "five",
      -1 => "minus", "none" => nil, "é" => "accent", "bin".b => "binary" }
  end
  let(:packed) { described_class.pack(document) }

  def dig(*path, **options)
    described_class.dig(packed, *path, **options)
  end

  # What the error is and where.
  def refusal
    yield
    nil
  rescue StandardError => e
    [e.class, e.offset]
  end

  describe "finds" do
    it "values of maps and arrays" do
      expect(dig("users", 0, "name")).to eq("ann")
      expect(dig("users", 1)).to eq("name" => "bob", "tags" => [])
      expect(dig("users", 0, "tags", 1)).to eq("b")
    end

    it "from the end on with a negative index" do
      expect(dig("users", -1, "name")).to eq("bob")
      expect(dig("users", -2, "tags", -2)).to eq("a")
    end

    it "the first object without a path" do
      expect(dig).to eq(document)
      expect(described_class.dig("\x07\xC1")).to eq(7)
    end

    it "a nil that is there" do
      expect(dig("none")).to be_nil
    end

    it "what a Symbol names, by its bytes" do
      expect([dig(:users, 0, :name), dig(:é), dig(:bin)]).to eq(%w[ann accent binary])
    end

    it "what a String names, by its bytes, as a string or a binary, or by its letters in other encodings" do
      expect([dig("bin"), dig("bin".b), dig("é".b)]).to eq(%w[binary binary accent])
      expect([dig("é".encode("ISO-8859-1")), dig("users".encode("UTF-16LE"), 0, "name")]).to eq(%w[accent ann])
    end

    it "what a subclass of String names" do
      expect(dig(Class.new(String).new("none"))).to be_nil
      expect(dig(Class.new(String).new("é"))).to eq("accent")
    end

    it "Integer keys of maps, whatever form they have" do
      expect([dig(5), dig(-1)]).to eq(%w[five minus])
      all_forms = hex("83 cf 00 00 00 00 00 00 00 05 01 d3 ff ff ff ff ff ff ff fe 02 cf ff ff ff ff ff ff ff ff 03")
      expect([5, -2, (2**64) - 1].map { |key| described_class.dig(all_forms, key) }).to eq([1, 2, 3])
    end

    it "the last of equal keys, as unpack does" do
      twice = hex("82 a1 61 81 a1 62 01  a1 61 81 a1 63 02")
      expect(described_class.dig(twice, "a")).to eq(described_class.unpack(twice)["a"]).and eq("c" => 2)
      expect(described_class.dig(twice, "a", "b")).to be_nil
      expect(described_class.dig(hex("82 05 01 cc 05 02"), 5)).to eq(2)
    end

    it "the same as unpack and Ruby's dig, on every path of a document" do
      pairs = ->(value) { value.is_a?(Array) ? value.each_index.zip(value) : [*(value if value.is_a?(Hash))] }
      paths = lambda do |value, path|
        [path] + pairs.call(value).flat_map { |step, inner| paths.call(inner, path + [step]) }
      end
      all = paths.call(document, []).drop(1)
      expect(all.size).to eq(14)
      all.each { |path| expect(dig(*path)).to eq(described_class.unpack(packed).dig(*path)), path.inspect }
    end
  end

  describe "gives nil" do
    it "where there is no such key or index" do
      expect([dig("nobody"), dig(7), dig("users", 2), dig("users", -3), dig("users", 0, "age")]).to all(be_nil)
      expect([dig(2**64), dig("users", 2**64), dig("users", -(2**70))]).to all(be_nil)
    end

    it "where the path goes on behind nil, a number, a string or an extended type" do
      expect([dig("none", "a"), dig("users", 0, "name", 0), dig(5, 1)]).to all(be_nil)
      expect(described_class.dig(hex("81 a1 61 d4 05 90"), "a", 0)).to be_nil
      expect(described_class.dig(hex("cb 3f f0 00 00 00 00 00 00"), "a")).to be_nil
    end

    it "for a name in an array and for an index of a map" do
      expect([dig("users", "name"), dig("users", :first), dig(0)]).to all(be_nil)
    end

    it "for keys that are not written as an Integer or a string, which it passes over" do
      odd = hex("86 c0 01 ca 3f 80 00 00 02 c3 03 91 01 04 d4 05 61 05 81 01 01 06")
      expect([1, "a", "", 0].map { |step| described_class.dig(odd, step) }).to all(be_nil)
      expect(described_class.dig(odd + hex("07"))).to have_attributes(size: 6)
    end
  end

  describe "makes of the value what unpack makes of it" do
    it "with its options" do
      expect(dig("users", 1, symbolize_keys: true)).to eq(name: "bob", tags: [])
      expect(Ractor.shareable?(dig("users", freeze: true))).to be(true)
      expect(described_class.dig(hex("91 d4 05 61"), 0, allow_unknown_ext: true))
        .to eq(described_class::ExtensionValue.new(5, "a"))
      expect(described_class.dig(hex("91 d4 05 61"), 0, default_exttype: ->(type, data) { [type, data] }))
        .to eq([5, "a"])
    end

    it "with no option but the last argument's, which is no path" do
      expect(dig("users", 0, "name", **{})).to eq("ann")
      expect(dig("users", 0, "name", unknown: 1)).to eq("ann")
      expect { described_class.dig(packed, { symbolize_keys: true }) }.to raise_error(TypeError, /step 1.*Hash/)
    end

    it "with handlers of extended types, which run in the value alone" do
      seen = []
      described_class::Unpacker.register_exttype(77) { |_type, data| seen.push(data) && data.upcase }
      both = hex("83 a1 61 d4 4d 61 a1 62 91 d4 4d 62 d4 4d 63 01")
      expect(described_class.dig(both, "b")).to eq(["B"])
      expect(seen).to eq(["b"])
      expect(described_class.dig(both, "a")).to eq("A")
      expect(seen).to eq(%w[b a])
    ensure
      described_class::Unpacker.register_exttype(77, nil)
    end

    it "with the types of DefaultFactory, which it does not ask for what is passed over" do
      code = <<~'RUBY'
        require "msgpack-ext"
        MessagePack::DefaultFactory.register_type(5, Range, packer: nil, recursive: true,
                                                  unpacker: ->(unpacker) { p(found: unpacker.read) })
        p MessagePack.dig("\x92\xD4\x05\x01\x91\xD4\x05\x02".b, 1)
      RUBY
      result = in_subprocess(code, options: ["-I", SubprocessHelpers::LIB])
      expect(result.stdout).to eq("#{{ found: 2 }.inspect}\n#{[{ found: 2 }].inspect}\n"), result.to_s
    end

    it "with offsets of the whole input, and the levels around it" do
      unknown = hex("82 a1 61 01 a1 62 92 01 d4 05 61")
      expect(refusal { described_class.dig(unknown, "b", default_exttype: false) })
        .to eq([described_class::UnknownExtTypeError, 8])
      deep = hex("91 91 91 91 01")
      expect(described_class.dig(deep, 0, 0, max_depth: 4)).to eq([[1]])
      expect(refusal { described_class.dig(deep, 0, 0, max_depth: 3) }).to eq([described_class::StackError, 3])
      expect(refusal { described_class.dig(hex("92 01 a1 ff"), 1, validate_utf8: true) })
        .to eq([described_class::MalformedFormatError, 2])
    end

    it "while a handler digs in the same bytes, or a deeper one" do
      nested = described_class.pack([1, { "a" => described_class::ExtType.new(5, packed) }])
      handler = lambda do |_type, data|
        [described_class.dig(nested, 0), described_class.dig(data, "users", 0, "name"), described_class.unpack(data)]
      end
      expect(described_class.dig(nested, 1, default_exttype: handler)).to eq("a" => [1, "ann", document])
    end

    it "and what a handler raises comes out, an error of this library with the offset of its type" do
      extended = hex("82 a1 61 01 a1 62 92 01 d4 05 61")
      expect { described_class.dig(extended, "b", default_exttype: ->(*) { raise IOError, "mine" }) }
        .to raise_error(IOError, "mine")
      broken = ->(*) { raise described_class::MalformedFormatError, "mine" }
      expect(refusal { described_class.dig(extended, "b", default_exttype: broken) })
        .to eq([described_class::MalformedFormatError, 8])
    end

    it "from a String that a handler changes" do
      source = described_class.pack([["x" * 100, described_class::ExtType.new(5, "a"), "y" * 100]])
      found = described_class.dig(source, 0, default_exttype: ->(_type, data) { source.clear && data })
      expect(found).to eq(["x" * 100, "a", "y" * 100])
      expect(source).to eq("")
    end
  end

  describe "looks at no more than it has to" do
    it "so that nothing behind a value in arrays matters" do
      expect(described_class.dig(hex("93 01 92 02"), 1, 0)).to eq(2)
      expect(described_class.dig(hex("92 01 c1"), 0)).to eq(1)
      expect(described_class.dig(hex("92 01 c1"), 2)).to be_nil
    end

    it "so that nothing behind the object matters" do
      expect(described_class.dig(packed + hex("c1 c1"), "users", 0, "name")).to eq("ann")
    end

    it "but reads maps around the value to their end, for a key may come again" do
      { "82 a1 61 01 c1" => [described_class::MalformedFormatError, 4],
        "82 a1 61 91 01 a1 61" => [described_class::UnderflowError, 7],
        "91 82 a1 61 01 a5 62" => [described_class::UnderflowError, 5] }.each do |digits, expected|
        path = digits.start_with?("91") ? [0, "a"] : ["a"]
        expect(refusal { described_class.dig(hex(digits), *path) }).to eq(expected), digits
      end
    end
  end

  describe "of what is wrong on its way raises" do
    it "UnderflowError for input that ends, at the token that is cut off" do
      { "" => 0, "81" => 1, "81 a1" => 1, "82 a1 62 cd 01" => 3, "82 a1 62 92 01" => 5, "81 c4" => 1, "de 00" => 0,
        "82 a1 62 d9 05 61" => 3, "81 a1 61" => 3, "81 a1 61 92 01" => 5 }.each do |digits, offset|
        expect(refusal { described_class.dig(hex(digits), "a", 1) })
          .to eq([described_class::UnderflowError, offset]), digits
      end
      expect { described_class.dig(nil, "a") }.to raise_error(described_class::UnderflowError, /nil or empty/)
    end

    it "MalformedFormatError for 0xc1" do
      { "c1" => 0, "82 a1 62 c1" => 3, "81 c1 01" => 1, "81 a1 61 c1" => 3, "82 a1 62 91 91 c1" => 5 }
        .each do |digits, offset|
          expect(refusal { described_class.dig(hex(digits), "a", 1) })
            .to eq([described_class::MalformedFormatError, offset]), digits
        end
    end

    it "StackError for what is nested too deep, also where it is passed over" do
      deep = bytes(0x82, 0xa1, "b", "\x91" * 500, 0xc0, 0xa1, "a", 1)
      expect(refusal { described_class.dig(deep, "a") }).to eq([described_class::StackError, 3 + 499])
      expect(described_class.dig(deep, "a", max_depth: 501)).to eq(1)
      expect(refusal { described_class.dig(hex("91 91 01"), 0, 0, max_depth: 1) })
        .to eq([described_class::StackError, 1])
    end

    it "LimitError for what is longer than a limit, also where it is passed over and in keys" do
      { max_str_len: "82 a1 62 a4 61 61 61 61", max_bin_len: "82 a1 62 c4 04", max_ext_len: "82 a1 62 d6 05",
        max_array_len: "82 a1 62 94", max_map_len: "82 a1 62 84" }.each do |option, digits|
        expect(refusal { described_class.dig(hex(digits), "a", option => 3) }).to eq([described_class::LimitError, 3])
      end
      expect(refusal { described_class.dig(hex("81 a4 61 61 61 61"), "a", max_str_len: 3) })
        .to eq([described_class::LimitError, 1])
      expect(refusal { described_class.dig(hex("84"), "a", max_map_len: 3) }).to eq([described_class::LimitError, 0])
      expect(refusal { dig("users", max_buffer_size: 10) }).to eq([described_class::LimitError, 0])
    end

    it "UnexpectedTypeError for keys that strict_map_key: refuses" do
      strict = ->(digits, *path) { described_class.dig(hex(digits), *path, strict_map_key: true) }
      expect(refusal { strict.call("82 01 02 a1 61 01", "a") }).to eq([described_class::UnexpectedTypeError, 1])
      expect(refusal { strict.call("82 a1 62 81 01 02 a1 61 01", "a") })
        .to eq([described_class::UnexpectedTypeError, 4])
      expect(strict.call("81 c4 01 61 05", "a")).to eq(5)
    end
  end

  describe "of its arguments" do
    it "takes as steps Strings, Symbols and Integers alone, and names the one that is none" do
      [nil, true, 1.0, ["a"], { "a" => 1 }, Object.new, 1r].each do |step|
        expect { dig("users", step) }.to raise_error(TypeError, /a String, Symbol or Integer as step 2 of the path/)
      end
    end

    it "tells how a path in an Array, or options in a Hash, are given" do
      expect { dig(["users", 0]) }.to raise_error(TypeError, /step 1 .*\(.*\*path\), got Array/)
      expect { dig("users", { freeze: true }) }.to raise_error(TypeError, /step 2 .*\(.*\*\*options\), got Hash/)
    end

    it "looks at them before the bytes" do
      expect { described_class.dig("\xC1", nil) }.to raise_error(TypeError, /step 1/)
      expect { described_class.dig("\xC1", "a", max_depth: -1) }.to raise_error(ArgumentError, /max_depth/)
      expect { dig("nobody", default_exttype: 5) }.to raise_error(TypeError)
      expect { dig("\xFF".dup.force_encoding("UTF-16LE")) }.to raise_error(EncodingError)
    end

    it "takes bytes of any encoding, and what has to_str" do
      expect(described_class.dig(packed.dup.force_encoding("UTF-16LE"), "users", 0, "name")).to eq("ann")
      expect(described_class.dig(described_class::Packer.new.write([1, 2]), 1)).to eq(2)
      source = Object.new
      def source.to_str = "\x91\x05".b
      expect(described_class.dig(source, 0)).to eq(5)
    end

    it "takes no IO, for which there is the Unpacker" do
      [StringIO.new(packed), 5, Object.new].each do |source|
        expect { described_class.dig(source, "users") }.to raise_error(TypeError, /String of bytes.*got/)
      end
    end

    it "needs one at least" do
      expect { described_class.dig }.to raise_error(ArgumentError, /given 0, expected 1\+/)
    end

    it "changes none" do
      path = ["users", 0, :name].freeze
      expect { dig(*path) }.not_to(change { [packed.dup, path.dup] })
    end
  end

  it "finds what the command's dig finds" do
    { "users.1.name" => ["users", 1, "name"], "users[-1]" => ["users", -1], "[5]" => [5], "[-1]" => [-1],
      "users.0.tags[1]" => ["users", 0, "tags", 1], "é" => ["é"], "[:none]" => [:none],
      "$" => [] }.each do |path, steps|
      answer = command("dig", "--msgpack", "-", path, input: packed)
      expect(answer).to have_attributes(status: 0, stderr: "")
      expect(described_class.unpack(answer.stdout.b)).to eq(dig(*steps)), path
    end
    %w[users[7] users.name none.a].zip([["users", 7], %w[users name], %w[none a]]) do |path, steps|
      expect([command("dig", "-", path, input: packed).status, dig(*steps)]).to eq([4, nil])
    end
  end

  it "is no method of those who include the module, which may have a dig of their own" do
    including = Class.new(Hash) { include MessagePack }
    expect(including[a: { b: 1 }].dig(:a, :b)).to eq(1)
    expect(described_class.private_instance_methods).not_to include(:dig)
  end

  it "allocates nothing for what it passes over", signatures: false do
    large = Array.new(2_000) { |n| { "id" => n, "name" => "number #{n}", "tags" => ["a" * 100, nil] } }
    packed = [{ "items" => [5] }, { "items" => large + [5] }].map { |object| described_class.pack(object).freeze }
    count = lambda do |one|
      before = GC.stat(:total_allocated_objects)
      described_class.dig(one, "items", -1)
      GC.stat(:total_allocated_objects) - before
    end
    # What Ruby itself allocates, and not each time, is not the point.
    costs = packed.map { |one| Array.new(5) { count.call(one) }.min }
    expect(costs[1]).to eq(costs[0])
    expect(costs[0]).to be < 5
  end

  it "is interrupted in the middle of a long search", :slow do
    long = bytes(0xdd, [80_000_001].pack("N"), "\x90" * 80_000_000, 0x07)
    done = false
    digging = Thread.new do
      Thread.current.report_on_exception = false
      described_class.dig(long, -1, strict_map_key: true)
      done = true
    end
    # Who sleeps here wakes only if the search lets other threads in.
    sleep(0.01)
    digging.raise(IOError, "in the middle")
    expect { digging.value }.to raise_error(IOError, "in the middle")
    expect(done).to be(false)
    expect(described_class.dig(long, -1)).to eq(7)
  end
end
