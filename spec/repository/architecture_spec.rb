# frozen_string_literal: true

# docs/architecture.md and its picture, compared with the code.
RSpec.describe "docs/architecture.md" do
  root = File.expand_path("../..", __dir__)
  page = File.read(File.join(root, "docs/architecture.md"), encoding: "UTF-8")
  picture = File.read(File.join(root, "docs/architecture.svg"), encoding: "UTF-8")
  source = File.join(root, "ext/msgpack_ext/src")

  # Each room of the native extension, and the rooms that its code names.
  used = Dir[File.join(source, "**/*.rs")].each_with_object({}) do |path, found|
    room = path.delete_prefix("#{source}/")[/\A\w+/]
    next if room == "lib"

    code = File.read(path).gsub(%r{//.*}, "")
    lists = code.scan(/\bcrate::\{([^}]*)\}/m).flat_map { |(list)| list.scan(/(?:\A|,)\s*(\w+)/) }
    names = (lists + code.scan(/\bcrate::(\w+)/)).flatten
    names << "msgpack_wire" if code.include?("msgpack_wire::")
    (found[room] ||= []).concat(names - [room, "entry"])
  end

  arrows = picture.scan(/data-from="(\w+)" data-to="(\w+)"/)
  # What can be reached by arrows, from each room.
  reach = Hash.new do |known, room|
    known[room] = arrows.filter_map { |from, to| to if from == room }.flat_map { |to| [to, *known[to]] }.uniq
  end

  describe "the picture" do
    it "has all rooms of the native extension, and no others" do
      rooms = Dir.children(source).map { |name| name.delete_suffix(".rs") }.uniq - ["lib"]
      expect(picture.scan(/data-room="(\w+)"/).flatten).to match_array(rooms)
    end

    it "has an arrow, or a way along arrows, from each room to all that it uses" do
      unreached = used.to_h { |room, names| [room, names.uniq - reach[room]] }.reject { |_, names| names.empty? }
      expect(used.size).to be > 10
      expect(unreached).to eq({})
    end

    it "has no arrow that nothing in the code stands for" do
      expect(arrows.reject { |from, to| used.fetch(from).include?(to) }).to eq([])
    end

    it "has no arrow that points up, or back" do
      expect(arrows.select { |from, to| reach[to].include?(from) }).to eq([])
      ends = picture.scan(/data-from="\w+" data-to="\w+" d="M\d+,(\d+) L\d+,(\d+)"/)
      expect(ends.size).to eq(arrows.size)
      expect(ends.map { |ends_at| ends_at.map(&:to_i) }).to all(satisfy { |from, to| from < to })
    end

    it "has a number for each step of the way of one byte" do
      steps = page[/^## The way of one byte$.*?(?=^## )/m].scan(/^(\d)\. \*\*/).flatten
      expect(steps).to eq(%w[1 2 3 4 5 6])
      expect(picture.scan(/class="number"[^>]*>(\d)</).flatten).to eq(steps)
    end
  end

  it "tells the way of one byte as it is" do
    code = page[/`(unpacker\.feed\([^`]*)`/, 1]
    unpacker = MessagePack::Unpacker.new
    unpacker.register_exttype(5) { |_, payload| [payload] }
    expect(binding.eval(code)).to eq(["a", ["!"]]) # rubocop:disable Security/Eval -- the page is ours
    expect(unpacker.tell).to eq(6)
  end

  it "names files and folders that exist" do
    named = page.scan(%r{`([a-z_]+/[\w/]*(?:\.rb|\.rs)?)`}).flatten.uniq
    places = ["", "ext/msgpack_ext/src", "ext/msgpack_wire/src", "lib", "lib/msgpack"]
    missing = named.reject do |name|
      places.any? { |place| ["", ".rs", ".rb"].any? { |ending| File.exist?(File.join(root, place, name + ending)) } }
    end
    expect(named.size).to be > 15
    expect(missing).to eq([])
  end
end
