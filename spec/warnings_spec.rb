# frozen_string_literal: true

# The library warns of nothing: what is wrong is an error. Should it come to a warning, it has to name the line of the
# program that it is about, and the switches of Ruby (-W, Warning[]) have to reach it.
RSpec.describe "warnings" do
  root = File.expand_path("..", __dir__)
  paths = %w[msgpack-ext msgpack msgpack/version msgpack/bigint msgpack/buffer msgpack/packer msgpack/unpacker
             msgpack/factory msgpack/symbol msgpack/core_ext msgpack/timestamp msgpack/time]

  it "come neither of loading nor of use, with ruby -w", :slow do
    run = in_subprocess(<<~'RUBY', *paths, options: ["-w", "-I", SubprocessHelpers::LIB])
      ARGV.each { |path| require path }
      Point = Struct.new(:x)
      factory = MessagePack::Factory.new
      2.times { factory.register_type(1, Point, packer: ->(it) { it.x.to_s }, unpacker: ->(data) { Point.new(data) }) }
      factory.register_type(-1, Time, packer: MessagePack::Time::Packer, unpacker: MessagePack::Time::Unpacker)
      factory.register_type(2, Integer, packer: MessagePack::Bigint.method(:to_msgpack_ext),
                                        unpacker: MessagePack::Bigint.method(:from_msgpack_ext),
                                        oversized_integer_extension: true)
      p factory.load(factory.dump([Point.new(1), Time.at(0), 2**70])).size
      p factory.pool(1).load(factory.pool(1).dump({ a: 1 })) == { "a" => 1 }
      MessagePack::Unpacker.default_exttype = nil
      MessagePack::Unpacker.default_exttype = MessagePack::ExtType
      unpacker = MessagePack::Unpacker.new(symbolise_keys: true, allow_unknown_ext: true)
      unpacker.register_exttype(1) { |_, data| data }
      unpacker.register_exttype(1) { |_, data| data }
      p unpacker.feed_reference("\x92\xA1a\xD4\x01b").each.to_a
      packer = MessagePack::Packer.new(compatibility_mode: true)
      packer.register_exttype(Point, 1) { "x" }
      p packer.write(Point.new(1)).write_float32(1).full_pack
      p [packer, unpacker, packer.buffer, factory, factory.pool].map { |object| object.inspect.class }.uniq
    RUBY
    expect(run.stderr).to eq(""), run.to_s
    expect(run.stdout).to eq(%(3\ntrue\n[["a", "b"]]\n"\\xD4\\x01x\\xCA?\\x80\\x00\\x00"\n[String]\n))
  end

  it "of Ruby code would tell their line by uplevel:" do
    code = Dir[File.join(root, "lib/**/*.rb")].to_h { |path| [path, File.readlines(path)] }
    expect(code.size).to be > 20
    bare = code.flat_map { |path, lines| lines.grep(/^[^#]*\bwarn\b(?!.*uplevel:)/).map { |line| "#{path}: #{line}" } }
    expect(bare).to eq([])
  end

  it "of Rust would go through Kernel#warn" do
    code = Dir[File.join(root, "ext/msgpack_ext/src/**/*.rs")].to_h { |path| [path, File.read(path)] }
    expect(code.size).to be > 20
    expect(code.select { |_, text| text.match?(/rb_warn|rb_category_warn|\beprintln!|\.warning\(/) }.keys).to eq([])
  end
end
