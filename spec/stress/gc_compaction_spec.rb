# frozen_string_literal: true

require "stringio"

# Objects move while the library holds them. Contents are compared afterwards: what is not marked, or is marked and not
# kept in its place, has become another object by then.
RSpec.describe "Compaction of the heap", :slow do
  # A value of an extended type; its handlers compact.
  Mark = Struct.new(:number)

  # More than are collected before a container is filled.
  many = 5000

  # @return [Array] one of everything in turn, a Mark at every 1,000th place
  def values(count, offset = 0)
    Array.new(count) do |place|
      number = offset + place
      next Mark.new(number) if place % 1000 == 500

      case number % 7
      when 0 then "text #{number}"
      when 1 then "binary #{number}".b
      when 2 then (2**63) + number
      when 3 then 1e300 + (number * 1e290)
      when 4 then [number, "in #{number}", [nil, "deep #{number}"]]
      when 5 then { "key #{number % 5}" => "value #{number}", "own #{number}" => number.to_f }
      else Time.at(number, number, :nsec)
      end
    end
  end

  # @return [Hash] as values, under keys of all kinds
  def pairs(count)
    values(count).each_with_index.to_h do |value, place|
      [[+"text #{place}", place, [place, "array #{place}"], +"binary #{place}".b][place % 4], value]
    end
  end

  def document(count)
    [values(10), [values(count), { "a map" => [pairs(count)] }], values(10, 3)]
  end

  # @return [MessagePack::Factory] whose handlers of Mark compact, and are known to nobody else
  def factory(recursive: false)
    MessagePack::Factory.new.tap do |factory|
      handlers = recursive ? recursive_handlers : plain_handlers
      factory.register_type(7, Mark, recursive: recursive, **handlers)
      factory.register_type(-1, Time, packer: MessagePack::Time::Packer, unpacker: MessagePack::Time::Unpacker)
    end
  end

  def plain_handlers
    { packer: ->(mark) { compact(way) || "mark #{mark.number}" },
      unpacker: ->(payload) { compact(way) || Mark.new(payload.delete_prefix("mark ").to_i) } }
  end

  # The number, with something before and behind it that is in the works when the heap is compacted.
  def recursive_handlers
    packer = lambda do |mark, child|
      child.write_array_header(3).write("before #{mark.number}")
      compact(way)
      child.write(mark.number.zero? ? nil : { "number" => mark.number }).write("behind")
    end
    unpacker = lambda do |child|
      child.read_array_header
      before = child.read
      compact(way)
      number = child.read&.fetch("number") || 0
      Mark.new(before == "before #{number}" && child.read == "behind" ? number : before)
    end
    { packer: packer, unpacker: unpacker }
  end

  # What is packed here, in a process that nothing moves in.
  def packed(object)
    MessagePack::Factory.new.tap do |factory|
      factory.register_type(7, Mark, packer: ->(mark) { "mark #{mark.number}" }, unpacker: nil)
      factory.register_type(-1, Time, packer: MessagePack::Time::Packer, unpacker: nil)
    end.dump(object)
  end

  def in_pieces(bytes, size)
    (0...bytes.bytesize).step(size).map { |start| bytes.byteslice(start, size) }
  end

  before { need Compaction.available?, "a Ruby that compacts its heap on this system" }

  Compaction::WAYS.each_key do |name|
    describe "by #{name}" do
      include Compaction

      let(:way) { name }

      before do
        GC.start
        fill
      end

      around { |example| Compaction.available? ? Compaction.within(name) { example.run } : example.run }

      it "moves what nobody holds in its place, or these examples would show nothing" do
        strings = Array.new(100) { |number| "string #{number}" }
        addresses = strings.map { |string| address_of(string) }
        compact(way)
        moved = strings.zip(addresses).count { |string, address| address_of(string) != address }
        expect(moved).to be > 50
      end

      describe "while values are collected" do
        reading = {
          "by load" => ->(factory, bytes) { factory.load(bytes) },
          "by load with freeze: true" => ->(factory, bytes) { factory.load(bytes, freeze: true) },
          "by load without a key cache" => ->(factory, bytes) { factory.load(bytes, key_cache: false) },
          "by read" => ->(factory, bytes) { factory.unpacker.feed(bytes).read },
          "by full_unpack" => ->(factory, bytes) { factory.unpacker.feed(bytes).full_unpack },
          "from an io" => ->(factory, bytes) { factory.unpacker(StringIO.new(bytes)).read },
          "by a pool" => ->(factory, bytes) { factory.pool(1).load(bytes) }
        }

        reading.each do |how, read|
          it "keeps them: #{how}" do
            expect(read.call(factory, packed(document(many)))).to eq(document(many))
          end
        end

        it "keeps those of a half-read object from one feed to the next" do
          bytes = packed(document(many))
          unpacker = factory.unpacker
          *starts, last = in_pieces(bytes, bytes.bytesize / 5)
          starts.each do |piece|
            expect { unpacker.feed(piece).read }.to raise_error(MessagePack::UnderflowError)
            compact(way)
          end
          expect(unpacker.feed(last).read).to eq(document(many))
        end

        it "keeps them while an io compacts" do
          pieces = in_pieces(packed(document(many)), 50_000)
          io = ScriptedIO.new(*pieces.map { |piece| -> { compact(way) || piece } })
          expect(factory.unpacker(io).read).to eq(document(many))
        end

        it "keeps those around the payloads of recursive types" do
          factory = factory(recursive: true)
          bytes = factory.dump([values(many), { "map" => pairs(1200) }])
          expect(factory.load(bytes)).to eq([values(many), { "map" => pairs(1200) }])
          unpacker = factory.unpacker
          read = in_pieces(bytes, 40_000).map do |piece|
            unpacker.feed(piece).read
          rescue MessagePack::UnderflowError
            nil
          end
          expect(read.compact).to eq([[values(many), { "map" => pairs(1200) }]])
        end

        it "keeps those of boxes in boxes" do
          factory = box_factory(unpacker: lambda { |child|
            before = [child.read, child.read]
            compact(way)
            FactoryHelpers::Box.new(before << child.read)
          }, packer: lambda { |box, child|
            child.write("before")
            compact(way)
            child.write([1.5e300, "more"]).write(box.value)
          })
          levels = (1..10).inject(nil) { |inner, _| FactoryHelpers::Box.new(["before", [1.5e300, "more"], inner]) }
          expect(factory.load(factory.dump(FactoryHelpers::Box.nested(10)))).to eq(levels)
        end
      end

      describe "while objects are packed" do
        it "goes on in containers of any size" do
          expect(factory.dump(document(many))).to eq(packed(document(many)))
          packer = factory.packer
          expect(packer.write(document(1200)).write(document(1200)).full_pack).to eq(packed(document(1200)) * 2)
        end

        it "goes on behind objects with to_msgpack" do
          plain = Class.new do
            define_method(:initialize) { |compactor| @compactor = compactor }
            define_method(:to_msgpack) { |packer| packer.write([@compactor.call, "plain"]) }
          end
          list = Array.new(6) { |number| [plain.new(-> { compact(way) }), "n #{number}", { "n" => number.to_f }] }
          expected = Array.new(6) { |number| [[nil, "plain"], "n #{number}", { "n" => number.to_f }] }
          expect(MessagePack.pack(list)).to eq(MessagePack.pack(expected))
          expect(MessagePack::Packer.new.write(list).to_s).to eq(MessagePack.pack(expected))
        end
      end

      describe "between calls" do
        # Keys that nothing else refers to.
        def texts(round) = Array.new(40) { |number| { "key #{round} #{number}" => "k#{number}" } }
        def symbols(round) = Array.new(40) { |number| { "sym #{round} #{number}": "s#{number}" } }

        it "packs keys that it has met, at whichever address, as what they are" do
          8.times do |round|
            list = [texts(round), symbols(round)]
            first, second = Array.new(2) { MessagePack.pack([list, list]) }
            compact(way)
            fresh = [texts(round), symbols(round).map { |map| map.transform_keys(&:to_s) }]
            expected = [fresh, fresh]
            expect([first, second, MessagePack.pack([list, list])].map { |bytes| MessagePack.unpack(bytes) })
              .to all(eq(expected))
          end
        end

        it "reads keys that it has met as the same ones" do
          8.times do |round|
            bytes = MessagePack.pack([texts(round), texts(round)])
            2.times do
              expect(MessagePack.unpack(bytes)).to eq([texts(round), texts(round)])
              expect(MessagePack.unpack(bytes, symbolize_keys: true).flat_map(&:to_a).flat_map(&:keys).map(&:name))
                .to eq(texts(round).flat_map(&:keys) * 2)
              compact(way)
            end
            keys = Array.new(2) { MessagePack.unpack(bytes).flatten.flat_map(&:keys) }.flatten
            expect(keys.map(&:frozen?).uniq).to eq([true])
            expect(keys.uniq(&:object_id).size).to eq(40)
          end
        end

        # Anonymous classes that only the Array refers to, so that nothing but the registry holds them in their place.
        def classes(count) = Array.new(count) { |number| Class.new { define_method(:number) { number } } }

        # Twelve handlers of all kinds, the Procs and Methods known to the registry alone.
        def register_all(registry, classes)
          classes.each_slice(4).with_index do |(block, proc, method, callable), row|
            type = row * 4
            registry.call(block, type, nil) { |object| "block #{object.number}" }
            registry.call(proc, type + 1, ->(object) { "proc #{object.number}" })
            registry.call(method, type + 2, Class.new { def a(object) = "method #{object.number}" }.new.method(:a))
            registry.call(callable, type + 3, Class.new { def call(object) = "callable #{object.number}" }.new)
          end
        end

        def payloads(count)
          Array.new(count) { |number| ext_bytes(number, "#{%w[block proc method callable][number % 4]} #{number}") }
        end

        it "finds the classes and handlers of a Packer" do
          classes = classes(12)
          packer = MessagePack::Packer.new
          register_all(lambda { |klass, type, handler, &block|
            handler ? packer.register_exttype(klass, type, handler) : packer.register_exttype(klass, type, &block)
          }, classes)
          3.times do
            classes.each { |klass| packer.write(klass.new).write(Class.new(klass).new) }
            expect(packer.full_pack).to eq(payloads(12).flat_map { |bytes| [bytes, bytes] }.join)
            compact(way)
          end
        end

        it "knows a class by more than where it lay when it was looked up" do
          base = Class.new
          packer = MessagePack::Packer.new
          packer.register_exttype(base, 1) { "base" }
          8.times do |round|
            kinds = classes(30).map { |klass| [klass, Class.new(klass), Class.new(base)].rotate(round).first }
            2.times do
              kinds.each do |klass|
                object = klass.new
                if klass.ancestors.include?(base)
                  expect(packer.write(object).full_pack).to eq(ext_bytes(1, "base"))
                else
                  expect { packer.write(object) }.to raise_error(NoMethodError, /to_msgpack/)
                end
              end
              compact(way)
            end
          end
        end

        it "finds the classes and handlers of a Factory, frozen or not, and of what it has made" do
          factory = MessagePack::Factory.new
          classes = classes(12)
          register_all(lambda { |klass, type, handler, &block|
            factory.register_type(type, klass, packer: handler || block, unpacker: ->(data) { "#{type} #{data}" })
          }, classes)
          made = [factory.packer, factory.unpacker, factory.dup, factory.pool(2)]
          3.times do |round|
            compact(way)
            packer, unpacker, copy, pool = made
            bytes = packer.write(classes.map(&:new)).full_pack
            expect(bytes).to eq(bytes(0x9c, *payloads(12)))
            packed = [factory, copy, pool].map { |source| source.dump(classes.map { |klass| Class.new(klass).new }) }
            expect(packed).to all(eq(bytes))
            data = Array.new(12) { |n| "#{n} #{%w[block proc method callable][n % 4]} #{n}" }
            expect([unpacker.feed(bytes).read, *[factory, copy, pool].map { |source| source.load(bytes) }])
              .to all(eq(data))
            factory.freeze if round == 1
          end
        end

        it "finds the targets of an Unpacker, and its default" do
          unpacker = MessagePack::Unpacker.new
          unpacker.default_exttype = ->(type, data) { "default #{type} #{data}" }
          unpacker.register_exttype(1, Class.new do
            define_singleton_method(:from_exttype) { |type, data| "class #{type} #{data}" }
          end)
          unpacker.register_exttype(2) { |type, data| "block #{type} #{data}" }
          unpacker.register_type(3) { |data| "type #{data}" }
          3.times do
            compact(way)
            unpacker.feed((1..4).map { |type| ext_bytes(type, "x#{type}") }.join)
            expect(unpacker.each.to_a).to eq(["class 1 x1", "block 2 x2", "type x3", "default 4 x4"])
          end
        end

        it "finds the targets of all Unpackers" do
          keeping_class_level_targets do
            MessagePack::Unpacker.default_exttype = ->(type, data) { "default #{type} #{data}" }
            MessagePack::Unpacker.register_exttype(1, Class.new { def call(type, data) = "#{type} #{data}" }.new)
            MessagePack::Unpacker.register_exttype(2) { |type, data| "block #{type} #{data}" }
            3.times do
              compact(way)
              bytes = bytes(0x93, *(1..3).map { |type| ext_bytes(type, "x#{type}") })
              expect(MessagePack.unpack(bytes)).to eq(["1 x1", "block 2 x2", "default 3 x3"])
            end
          end
        end

        # Copies that nobody else has, each with another content.
        def payload(size, number) = (97 + number).chr * size

        it "keeps the payloads that a Buffer and a Packer refer to" do
          buffer = MessagePack::Buffer.new
          packer = MessagePack::Packer.new(write_reference_threshold: 20_000)
          4.times { |n| buffer << payload(40_000, n) << "between" }
          4.times { |n| packer.write(payload(40_000, n)) }
          compact(way)
          expect(buffer.to_s).to eq(Array.new(4) { |n| "#{payload(40_000, n)}between" }.join)
          expect(buffer.read(50_000)).to eq("#{payload(40_000, 0)}between#{payload(40_000, 1)}".byteslice(0, 50_000))
          compact(way)
          expect(buffer.read).to end_with("#{payload(40_000, 3)}between").and have_attributes(bytesize: 110_028)
          expect(MessagePack::Unpacker.new.feed(packer.to_s).each.to_a).to eq(Array.new(4) { |n| payload(40_000, n) })
        end

        it "keeps the Strings that an Unpacker was fed" do
          unpacker = MessagePack::Unpacker.new
          texts = Array.new(4) { |number| payload(30_000, number) }
          texts.each { |text| unpacker.feed(MessagePack.pack([text])) }
          4.times do |number|
            compact(way)
            expect(unpacker.read).to eq([texts[number]])
          end
        end

        it "keeps the source of a call whose handlers let go of it" do
          source = packed(values(many))
          factory = MessagePack::Factory.new
          factory.register_type(-1, Time, packer: nil, unpacker: MessagePack::Time::Unpacker)
          factory.register_type(7, Mark, packer: nil, unpacker: lambda { |data|
            source&.replace("gone")
            source = nil
            compact(way)
            Mark.new(data.delete_prefix("mark ").to_i)
          })
          expect(factory.load(source)).to eq(values(many))
        end

        it "keeps an io, and an exception that it has raised" do
          packer = MessagePack::Packer.new(ScriptedSink.new(IOError.new("once")))
          packer.write("text")
          unpacker = MessagePack::Unpacker.new(ScriptedIO.new(hex("93 01"), hex("02"), hex("03 a1 61")))
          compact(way)
          expect { packer.flush }.to raise_error(IOError, "once")
          compact(way)
          packer.flush
          expect(packer.buffer.io.taken).to eq(hex("a4 74 65 78 74"))
          expect([unpacker.read, unpacker.read]).to eq([[1, 2, 3], "a"])
        end

        it "keeps what an Enumerator goes over" do
          bytes = MessagePack.pack(["text", { "key" => 1.5e300 }]) * 3
          enumerators = [MessagePack::Unpacker.new.feed(+"" << bytes).each,
                         MessagePack::Unpacker.new.feed_each(+"" << bytes),
                         MessagePack::Unpacker.new(StringIO.new(+"" << bytes)).each]
          3.times do
            compact(way)
            expect(enumerators.map(&:next)).to all(eq(["text", { "key" => 1.5e300 }]))
          end
          enumerators.each { |enumerator| expect { enumerator.next }.to raise_error(StopIteration) }
        end

        it "shows the same Buffer, handlers and options" do
          packer = MessagePack::Packer.new
          unpacker = MessagePack::Unpacker.new(default_exttype: ->(type, data) { [type, data] })
          ids = -> { [packer.buffer, unpacker.buffer, unpacker.default_exttype].map(&:object_id) }
          before = ids.call
          compact(way)
          expect(ids.call).to eq(before)
          expect(unpacker.feed(ext_bytes(5, "x")).read).to eq([5, "x"])
        end
      end
    end
  end

  # It moves every object to another page, and looks through the whole heap for a reference to where one was.
  it "leaves no reference behind, as Ruby itself verifies" do
    need GC.respond_to?(:verify_compaction_references), "GC.verify_compaction_references"
    run = in_subprocess(<<~'RUBY')
      require "msgpack-ext"
      require "stringio"

      KINDS = GC.method(:verify_compaction_references).parameters.map(&:last)
      GROW = KINDS.include?(:double_heap) ? { double_heap: true } : { expand_heap: true }
      def verify = GC.verify_compaction_references(toward: :empty, **GROW.slice(*KINDS))

      def values = Array.new(5000) { |n| ["text #{n}", 1e300 + (n * 1e290), { "key #{n % 9}" => "v#{n}" }][n % 3] }
      def registered = Class.new { def to_exttype = "own" }

      classes = Array.new(3) { registered }
      packer = MessagePack::Packer.new(StringIO.new)
      packer.register_exttype(classes[0], 1)
      packer.register_exttype(classes[1], 2) { "block" }
      packer.write(+"" << "p" * 600_000).buffer
      unpacker = MessagePack::Unpacker.new
      unpacker.register_exttype(1) { |type, data| [type, data] }
      message = MessagePack.pack([values, +"" << "u" * 40_000, { "end" => 1 }])
      unpacker.feed(message.byteslice(0, message.bytesize - 20_000))
      begin
        unpacker.read
      rescue MessagePack::UnderflowError
        nil
      end
      unpacker.feed(+"" << message.byteslice(-20_000, 20_000)).feed("\xD6\x01four")
      factory = MessagePack::Factory.new
      factory.register_type(3, classes[2], packer: ->(_) { verify && "factory" }, unpacker: ->(data) { verify && data })
      factory.freeze
      MessagePack::Unpacker.register_exttype(9) { |type, data| "#{type} for all #{data}" }
      steps = MessagePack::Unpacker.new.feed_each(MessagePack.pack("s") * 3)

      2.times do
        verify
        out = packer.write([classes[0].new, classes[1].new]).flush.buffer.io.string.b
        out.end_with?("\x92\xC7\x03\x01own\xC7\x05\x02block".b) or abort "packer: #{out[-40..].inspect}"
        packed = factory.dump([values, classes[2].new, values])
        factory.load(packed) == [values, "factory", values] or abort "factory"
        MessagePack.unpack("\xD4\x09x") == "9 for all x" or abort "targets of all"
        steps.next == "s" or abort "steps"
      end
      packer.buffer.io.string.b.start_with?("\xDB\x00\x09\x27\xC0ppp".b) or abort "payload"
      unpacker.read == [values, "u" * 40_000, { "end" => 1 }] or abort "half-read"
      verify
      unpacker.read == [1, "four"] or abort "target"
      puts "all as it was"
    RUBY
    expect(run).to be_success, run.to_s
    expect(run.stdout.lines.last).to eq("all as it was\n")
  end
end
