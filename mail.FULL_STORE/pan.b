	switch (t->back) {
	default: Uerror("bad return move");
	case  0: goto R999; /* nothing to undo */

		 /* CLAIM live */
;
		;
		;
		;
		;
		;
		;
		;
		
	case 7: // STATE 20
		;
		p_restor(II);
		;
		;
		goto R999;

		 /* PROC host */
	case 8: // STATE 10
		sv_restor();
		goto R999;
	case 9: // STATE 24
		sv_restor();
		goto R999;

	case 10: // STATE 28
		;
		p_restor(II);
		;
		;
		goto R999;

		 /* PROC group */

	case 11: // STATE 3
		;
		now.arrived = trpt->bup.ovals[1];
		((P1 *)_this)->me = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 12: // STATE 5
		;
	/* 0 */	((P1 *)_this)->me = trpt->bup.oval;
		;
		;
		goto R999;

	case 13: // STATE 6
		;
		((P1 *)_this)->cursor = trpt->bup.oval;
		;
		goto R999;

	case 14: // STATE 8
		;
		((P1 *)_this)->busy = trpt->bup.ovals[1];
		((P1 *)_this)->b = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;
;
		;
		;
		
	case 16: // STATE 11
		goto R999;

	case 17: // STATE 16
		;
		((P1 *)_this)->b = trpt->bup.ovals[1];
		((P1 *)_this)->busy = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 18: // STATE 30
		;
		((P1 *)_this)->given = trpt->bup.ovals[1];
	/* 0 */	((P1 *)_this)->given = trpt->bup.ovals[0];
		;
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;
;
		;
		
	case 20: // STATE 30
		;
		((P1 *)_this)->given = trpt->bup.ovals[2];
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = trpt->bup.ovals[1];
		now.box[ Index(((P1 *)_this)->given, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;

	case 21: // STATE 30
		;
		((P1 *)_this)->given = trpt->bup.oval;
		;
		goto R999;

	case 22: // STATE 32
		;
	/* 0 */	((P1 *)_this)->busy = trpt->bup.oval;
		;
		;
		goto R999;
	case 23: // STATE 39
		sv_restor();
		goto R999;

	case 24: // STATE 40
		;
	/* 0 */	((P1 *)_this)->b = trpt->bup.oval;
		;
		;
		goto R999;
	case 25: // STATE 46
		sv_restor();
		goto R999;
	case 26: // STATE 54
		sv_restor();
		goto R999;
;
		;
		
	case 28: // STATE 59
		;
		now.job[ Index(((P1 *)_this)->b, 2) ] = trpt->bup.oval;
		;
		goto R999;

	case 29: // STATE 70
		;
		((P1 *)_this)->busy = trpt->bup.ovals[3];
		((P1 *)_this)->b = trpt->bup.ovals[2];
		((P1 *)_this)->cursor = trpt->bup.ovals[1];
		((P1 *)_this)->given = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 4);
		goto R999;

	case 30: // STATE 70
		;
		((P1 *)_this)->busy = trpt->bup.ovals[2];
		((P1 *)_this)->b = trpt->bup.ovals[1];
		((P1 *)_this)->cursor = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;

	case 31: // STATE 64
		;
	/* 1 */	((P1 *)_this)->busy = trpt->bup.ovals[1];
	/* 0 */	((P1 *)_this)->b = trpt->bup.ovals[0];
		;
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;
;
		;
		
	case 33: // STATE 70
		;
		((P1 *)_this)->busy = trpt->bup.ovals[2];
		((P1 *)_this)->b = trpt->bup.ovals[1];
		((P1 *)_this)->cursor = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;

	case 34: // STATE 70
		;
		((P1 *)_this)->busy = trpt->bup.ovals[1];
		((P1 *)_this)->b = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 35: // STATE 87
		;
		((P1 *)_this)->given = trpt->bup.ovals[1];
	/* 0 */	((P1 *)_this)->given = trpt->bup.ovals[0];
		;
		;
		ungrab_ints(trpt->bup.ovals, 3);
		goto R999;
;
		;
		
	case 37: // STATE 87
		;
		((P1 *)_this)->given = trpt->bup.ovals[2];
		now.holder[ Index(now.job[ Index(((P1 *)_this)->given, 2) ], 2) ] = trpt->bup.ovals[1];
		now.box[ Index(((P1 *)_this)->given, 2) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 4);
		goto R999;

	case 38: // STATE 87
		;
		((P1 *)_this)->given = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 2);
		goto R999;

	case 39: // STATE 89
		;
		now.cursor_word = trpt->bup.oval;
		;
		goto R999;

	case 40: // STATE 90
		;
		stop = trpt->bup.oval;
		;
		goto R999;

	case 41: // STATE 92
		;
		((P1 *)_this)->b = trpt->bup.oval;
		;
		goto R999;

	case 42: // STATE 93
		;
		now.box[ Index(((P1 *)_this)->b, 2) ] = trpt->bup.oval;
		;
		goto R999;
;
		;
			case 44: // STATE 97
		sv_restor();
		goto R999;

	case 45: // STATE 98
		;
		((P1 *)_this)->stays = trpt->bup.oval;
		;
		goto R999;

	case 46: // STATE 99
		;
		now.box[ Index(((P1 *)_this)->b, 2) ] = trpt->bup.oval;
		;
		goto R999;

	case 47: // STATE 101
		;
		((P1 *)_this)->stays = trpt->bup.oval;
		;
		goto R999;
	case 48: // STATE 109
		sv_restor();
		goto R999;
	case 49: // STATE 117
		sv_restor();
		goto R999;
	case 50: // STATE 124
		sv_restor();
		goto R999;
	case 51: // STATE 129
		sv_restor();
		goto R999;
	case 52: // STATE 134
		sv_restor();
		goto R999;
	case 53: // STATE 138
		sv_restor();
		goto R999;

	case 54: // STATE 142
		;
	/* 0 */	((P1 *)_this)->b = trpt->bup.oval;
		;
		;
		goto R999;
;
		;
		
	case 56: // STATE 146
		;
		now.box[ Index(((P1 *)_this)->b, 2) ] = trpt->bup.oval;
		;
		goto R999;
;
		;
		
	case 58: // STATE 159
		;
		now.left = trpt->bup.oval;
		;
		goto R999;

	case 59: // STATE 178
		;
		((P1 *)_this)->stays = trpt->bup.ovals[13];
		((P1 *)_this)->mine = trpt->bup.ovals[12];
		((P1 *)_this)->busy = trpt->bup.ovals[11];
		((P1 *)_this)->given = trpt->bup.ovals[10];
		((P1 *)_this)->b = trpt->bup.ovals[9];
		((P1 *)_this)->cursor = trpt->bup.ovals[8];
		((P1 *)_this)->me = trpt->bup.ovals[7];
		now.running = trpt->bup.ovals[6];
		now.inside[ Index(((P1 *)_this)->_pid, 4) ] = trpt->bup.ovals[5];
		now.box[ Index(((3-1)-1), 2) ] = trpt->bup.ovals[4];
		now.box[0] = trpt->bup.ovals[3];
		stop = trpt->bup.ovals[2];
		now.arrived = trpt->bup.ovals[1];
		now.left = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 14);
		goto R999;

	case 60: // STATE 178
		;
		((P1 *)_this)->stays = trpt->bup.ovals[8];
		((P1 *)_this)->mine = trpt->bup.ovals[7];
		((P1 *)_this)->busy = trpt->bup.ovals[6];
		((P1 *)_this)->given = trpt->bup.ovals[5];
		((P1 *)_this)->b = trpt->bup.ovals[4];
		((P1 *)_this)->cursor = trpt->bup.ovals[3];
		((P1 *)_this)->me = trpt->bup.ovals[2];
		now.running = trpt->bup.ovals[1];
		now.inside[ Index(((P1 *)_this)->_pid, 4) ] = trpt->bup.ovals[0];
		;
		ungrab_ints(trpt->bup.ovals, 9);
		goto R999;

	case 61: // STATE 184
		;
		p_restor(II);
		;
		;
		goto R999;

		 /* PROC publisher */
	case 62: // STATE 10
		sv_restor();
		goto R999;
	case 63: // STATE 19
		sv_restor();
		goto R999;

	case 64: // STATE 24
		;
		p_restor(II);
		;
		;
		goto R999;
	}

